// Makes elements. Texts become text nodes, never HTML, because attackers can send events with any name.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  set(made, attributes);
  made.append(...children);
  return made;
}

export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}

// The part of the form around a field: its row, or its box in a row with several fields.
export function placeOf(form, name) {
  const box = form.querySelector(`.fieldBox.field-${name}`);
  return box ? box.parentElement : form.querySelector(`.form-row.field-${name}`);
}

export function changed(field) {
  for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
}

export const linesOf = (field) => field.value.split("\n").map((line) => line.trim()).filter(Boolean);
