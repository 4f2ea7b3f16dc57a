// The widget's form, made comfortable. Without this script everything is there and works, as plain fields.

import { Chips } from "./chips.js";
import { colors } from "./colors.js";
import { Combobox } from "./combobox.js";
import { element, linesOf } from "./elements.js";
import { Fields } from "./fields.js";
import { filters } from "./filters.js";
import { link } from "./link.js";
import { listOf } from "./lists.js";
import { Preview } from "./preview.js";

const form = document.getElementById("widget_form");
const described = document.getElementById("which-fields");
if (form && described) comfort(form, JSON.parse(described.textContent));

function comfort(form, described) {
  const url = (name) => described.urls[name];
  const fields = new Fields(form, described);
  const panel = form.querySelector("[data-preview]");
  const preview = new Preview(form, panel);

  const project = () => form.elements.project.value;
  const event = () => linesOf(form.elements.events)[0] || form.elements.born_event.value.trim();
  const list = (what, of, again) => (project()
    ? listOf(url("lists"), project(), what, of, again)
    : { values: [], problem: "Choose a project first, then its names are listed here.", fixed: true });
  const properties = (again) => (event()
    ? list("properties", [event()], again)
    : { values: [], problem: "Choose an event first, then its properties are listed here.", fixed: true });
  const values = (property, again) => (event() && property && !property.includes('["')
    ? list("values", [event(), property], again)
    : { values: [], problem: "Values are listed once there is an event and a property's name.", fixed: true });
  const labels = (again) => {
    const breakdown = form.elements.breakdown.value.trim();
    // The labels of the preview are at hand, and free.
    if (preview.labels.length) return { values: preview.labels.map((value) => ({ value })), note: "", fixed: true };
    return breakdown ? values(breakdown, again) : { values: [], problem: "The labels are those of the preview.", fixed: true };
  };

  const events = new Chips(form.elements.events, {
    noun: "events", one: "an event", source: (again) => list("events", [], again), alone: () => fields.takesOneEvent(),
  });
  const exclude = new Chips(form.elements.exclude, { noun: "labels", one: "a label", source: labels });
  for (const input of form.querySelectorAll("input[data-list]")) {
    const what = input.dataset.list;
    const source = what === "properties" ? properties : (again) => list(what, [], again);
    named(input, new Combobox(input, { noun: what.replace("_", " "), source }));
  }
  for (const box of form.querySelectorAll("[data-filters]")) filters(box, { properties, values });
  link(form, url("link"));
  colors(form.elements.colors, panel);

  form.addEventListener("change", () => { fields.update(); });
  form.elements.report.addEventListener("change", () => events.update());
  form.elements.events.addEventListener("change", () => events.update());
  form.elements.exclude.addEventListener("change", () => exclude.update());
  fields.update();
  events.update();
  if (project()) preview.run("");
}

// A field that holds a number and is picked by name: the name stands beside it.
function named(input, combobox) {
  const caption = element("span", { class: "combo-caption" }, input.dataset.caption || "");
  combobox.choose = (entry) => { combobox.fill(entry.value); caption.textContent = entry.label || ""; };
  combobox.box.after(caption);
  input.addEventListener("input", () => { caption.textContent = ""; });
}
