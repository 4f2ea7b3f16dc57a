// Adds pickers and buttons to the rows of metrics and formulas. A hidden empty row of each kind stays, so that the form
// can send "no metrics" or "no formulas".

import { changed } from "./page.js";
import { Picker } from "./picker.js";

// Returns the letter of the metric at this position, counted from 0: A to Z, then BA, BB and so on, as in Mixpanel.
export function letters(position) {
  let text = "";
  let left = position;
  do {
    text = String.fromCharCode(65 + (left % 26)) + text;
    left = Math.floor(left / 26);
  } while (left);
  return text;
}

// The functions in `names` return lists of Mixpanel's names; with `again`, they fetch new lists. The function `filters`
// adds pickers to the filters of a metric.
export function metrics(box, names, filters) {
  const ofProperty = box.dataset.ofProperty.split(" ");
  const rows = () => [...box.querySelectorAll("[data-metric-row]")];
  const empty = rows().at(-1);
  const blank = empty.cloneNode(true);
  const add = box.querySelector("[data-add-metric]");
  let next = rows().length;
  empty.hidden = true;

  function enhance(row) {
    const [event, property] = ["event", "property"].map((part) => row.querySelector(`[name$="-${part}"]:not([name*="-filters-"])`));
    const measure = row.querySelector('[name$="-measure"]');
    const of = () => event.value.trim();
    const properties = (again) => names.properties(of(), again);
    const first = new Picker(event, { noun: "events", source: names.events });
    new Picker(property, { noun: "properties", source: properties });
    filters(row.querySelector("[data-filters]"), { properties, values: (name, again) => names.values(of(), name, again) });
    const update = () => { row.querySelector("[data-property]").hidden = !ofProperty.includes(measure.value); };
    measure.addEventListener("change", update);
    update();
    const remove = row.querySelector("[data-remove-metric]");
    remove.hidden = false;
    remove.addEventListener("click", () => {
      row.remove();
      name();
      changed(empty.querySelector("input"));
      add.focus();
    });
    return first;
  }

  // Writes the letter of each row, which changes when a row above it is removed.
  function name() {
    rows().forEach((row, place) => {
      const old = row.querySelector("[data-letter]").textContent;
      const letter = letters(place);
      row.querySelector("[data-letter]").textContent = letter;
      row.ariaLabel = `Metric ${letter}`;
      for (const one of row.querySelectorAll(`[aria-label$=" metric ${old}"]`)) one.ariaLabel = one.ariaLabel.slice(0, -old.length) + letter;
      row.querySelector(".metric-filters .only-heard").textContent = ` of metric ${letter}`;
    });
  }

  function grow() {
    const row = blank.cloneNode(true);
    for (const field of row.querySelectorAll("[name]")) field.name = field.name.replace(/-\d+-/, `-${next}-`);
    next += 1;
    empty.before(row);
    name();
    return enhance(row);
  }

  add.hidden = false;
  add.addEventListener("click", () => grow().search.focus());
  for (const row of rows()) if (row !== empty) enhance(row);
  if (rows().length === 1) grow();
}

export function formulas(box) {
  const rows = [...box.querySelectorAll("[data-formula-row]")];
  const empty = rows.at(-1);
  const blank = empty.cloneNode(true);
  const add = box.querySelector("[data-add]");
  empty.hidden = true;

  // Numbers the formulas, because error messages name a formula by its number.
  const number = () => [...box.querySelectorAll("[data-formula-row]")].forEach((row, i) => { row.ariaLabel = `Formula ${i + 1}`; });

  function enhance(row) {
    const remove = row.querySelector("[data-remove]");
    remove.hidden = false;
    remove.addEventListener("click", () => {
      row.remove();
      number();
      changed(empty.querySelector("input"));
      add.focus();
    });
  }

  add.hidden = false;
  add.addEventListener("click", () => {
    const row = blank.cloneNode(true);
    empty.before(row);
    number();
    enhance(row);
    row.querySelector("input").focus();
  });
  for (const row of rows) if (row !== empty) enhance(row);
}
