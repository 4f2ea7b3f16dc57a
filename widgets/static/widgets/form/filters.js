// Rows of property, condition and value, with pickers. A hidden empty row stays, so that the form can send "no filter".

import { changed } from "./elements.js";
import { Picker } from "./picker.js";

const WITHOUT_VALUE = ["set", "not_set"];

export function filters(box, { properties, values }) {
  const rows = box.querySelectorAll("[data-filter-row]");
  const empty = rows[rows.length - 1];
  const blank = empty.cloneNode(true);
  const add = box.querySelector("[data-add]");
  empty.hidden = true;

  function enhance(row) {
    const [property, value] = row.querySelectorAll("input");
    const op = row.querySelector("select");
    const name = new Picker(property, { noun: "properties", source: properties });
    const source = (again) => values(property.value.trim(), again);
    const { box: valueBox } = new Picker(value, { noun: "values", source, written: asTyped });
    const needsValue = () => { valueBox.hidden = WITHOUT_VALUE.includes(op.value); };
    op.addEventListener("change", needsValue);
    needsValue();
    const remove = row.querySelector("[data-remove]");
    remove.hidden = false;
    remove.addEventListener("click", () => {
      row.remove();
      changed(empty.querySelector("input"));
      add.focus();
    });
    return name;
  }

  add.hidden = false;
  add.addEventListener("click", () => {
    const row = blank.cloneNode(true);
    empty.before(row);
    enhance(row).search.focus();
  });
  for (const row of rows) if (row !== empty) enhance(row);
}

// Puts a text in quotes if its outer spaces or line breaks would be lost, or if it starts with a quote.
function asTyped(value) {
  return value !== value.trim() || /[\r\n]/.test(value) || value.startsWith('"') ? JSON.stringify(value) : value;
}
