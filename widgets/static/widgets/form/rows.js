// Adds pickers and buttons to the rows of filters, metrics and formulas.

import { changed } from "./page.js";
import { Picker } from "./picker.js";

const WITHOUT_VALUE = ["set", "not_set"];

// Lets people add and remove rows. A hidden empty row stays, so that the form can send "no rows". `add` and `remove` are
// the selectors of the buttons. `enhance(row, isNew)` prepares a row, and returns the element of the row that gets the
// focus after a click on the button `add`. `number()` names the rows again after one was added or removed.
function rows(box, { rows: selector, add: addButton, remove: removeButton, enhance, number = () => {} }) {
  const all = [...box.querySelectorAll(selector)];
  const empty = all.pop();
  const blank = empty.cloneNode(true);
  const add = box.querySelector(addButton);
  empty.hidden = true;

  function prepare(row, isNew) {
    const remove = row.querySelector(removeButton);
    remove.hidden = false;
    remove.addEventListener("click", () => {
      row.remove();
      number();
      changed(empty.querySelector("input"));
      add.focus();
    });
    return enhance(row, isNew);
  }

  function grow() {
    const row = blank.cloneNode(true);
    empty.before(row);
    number();
    return prepare(row, true);
  }

  add.hidden = false;
  add.addEventListener("click", () => grow().focus());
  for (const row of all) prepare(row, false);
  return grow;
}

export function filters(box, { properties, values }) {
  function enhance(row) {
    const [property, value] = row.querySelectorAll("input");
    const op = row.querySelector("select");
    const { search } = new Picker(property, { noun: "properties", source: properties });
    const source = (again) => values(property.value.trim(), again);
    const { box: valueBox } = new Picker(value, { noun: "values", source, written: asTyped, isFree: true });
    const needsValue = () => { valueBox.hidden = WITHOUT_VALUE.includes(op.value); };
    op.addEventListener("change", needsValue);
    needsValue();
    return search;
  }

  rows(box, { rows: "[data-filter-row]", add: "[data-add]", remove: "[data-remove]", enhance });
}

// Returns a filter's value as a person must type it: in quotes if the value contains line breaks, starts or ends with a
// space, or starts with a quote.
function asTyped(value) {
  return value !== value.trim() || /[\r\n]/.test(value) || value.startsWith('"') ? JSON.stringify(value) : value;
}

// Returns the letter of the metric at this position, counted from 0: A to Z, then BA, BB and so on, as in Mixpanel.
function letters(position) {
  let text = "";
  let left = position;
  do {
    text = String.fromCharCode(65 + (left % 26)) + text;
    left = Math.floor(left / 26);
  } while (left);
  return text;
}

// The functions in `names` return lists of Mixpanel's names; with `again`, they fetch new lists.
export function metrics(box, names) {
  const ofProperty = box.dataset.ofProperty.split(" ");
  const all = () => [...box.querySelectorAll("[data-metric-row]")];
  let next = all().length;

  function enhance(row, isNew) {
    if (isNew) {
      for (const field of row.querySelectorAll("[name]")) field.name = field.name.replace(/-\d+-/, `-${next}-`);
      next += 1;
    }
    const [event, property] = ["event", "property"].map((part) => row.querySelector(`[name$="-${part}"]:not([name*="-filters-"])`));
    const measure = row.querySelector('[name$="-measure"]');
    const of = () => event.value.trim();
    const properties = (again) => names.properties(of(), again);
    const { search } = new Picker(event, { noun: "events", source: names.events });
    new Picker(property, { noun: "properties", source: properties });
    filters(row.querySelector("[data-filters]"), { properties, values: (name, again) => names.values(of(), name, again) });
    const update = () => { row.querySelector("[data-property]").hidden = !ofProperty.includes(measure.value); };
    measure.addEventListener("change", update);
    update();
    return search;
  }

  // Writes the letter of each row, which changes when a row above it is removed.
  function number() {
    all().forEach((row, place) => {
      const old = row.querySelector("[data-letter]").textContent;
      const letter = letters(place);
      row.querySelector("[data-letter]").textContent = letter;
      row.ariaLabel = `Metric ${letter}`;
      for (const one of row.querySelectorAll(`[aria-label$=" metric ${old}"]`)) one.ariaLabel = one.ariaLabel.slice(0, -old.length) + letter;
      row.querySelector(".metric-filters .only-heard").textContent = ` of metric ${letter}`;
    });
  }

  const grow = rows(box, { rows: "[data-metric-row]", add: "[data-add-metric]", remove: "[data-remove-metric]", enhance, number });
  if (all().length === 1) grow();
}

export function formulas(box) {
  // Numbers the formulas, because error messages name a formula by its number.
  const number = () => [...box.querySelectorAll("[data-formula-row]")].forEach((row, i) => { row.ariaLabel = `Formula ${i + 1}`; });
  const enhance = (row) => row.querySelector("input");
  rows(box, { rows: "[data-formula-row]", add: "[data-add]", remove: "[data-remove]", enhance, number });
}
