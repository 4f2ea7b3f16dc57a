// Rows of property, condition and value, with lists to pick from. An empty row stays, hidden, so that "none" is sent.

import { Combobox } from "./combobox.js";
import { changed } from "./elements.js";

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
    const valueCombo = new Combobox(value, {
      noun: "values",
      source: (again) => values(property.value.trim(), again),
      choose: (entry) => valueCombo.fill(asTyped(entry.value)),
    });
    new Combobox(property, { noun: "properties", source: properties });
    const needsValue = () => { valueCombo.box.hidden = WITHOUT_VALUE.includes(op.value); };
    op.addEventListener("change", needsValue);
    needsValue();
    const remove = row.querySelector("[data-remove]");
    remove.hidden = false;
    remove.addEventListener("click", () => {
      row.remove();
      changed(empty.querySelector("input"));
      add.focus();
    });
  }

  add.hidden = false;
  add.addEventListener("click", () => {
    const row = blank.cloneNode(true);
    empty.before(row);
    enhance(row);
    row.querySelector("input").focus();
  });
  for (const row of rows) if (row !== empty) enhance(row);
}

// A text whose spaces would be lost, or that begins as one in quotes does, is written in quotes itself.
function asTyped(value) {
  return value !== value.trim() || value.startsWith('"') ? JSON.stringify(value) : value;
}
