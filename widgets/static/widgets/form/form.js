// Adds pickers, colours and the preview to the widget's form. Without this script, the form works with plain fields.

import { draft } from "./draft.js";
import { Fields } from "./fields.js";
import { linesOf } from "./page.js";
import { colors, filters, link } from "./parts.js";
import { listOf, Picker } from "./picker.js";
import { Preview } from "./preview.js";

const form = document.getElementById("widget_form");
const described = document.getElementById("which-fields");
if (form && described) enhance(form, JSON.parse(described.textContent));

function enhance(form, described) {
  const url = (name) => described.urls[name];
  const fields = new Fields(form, described);
  const panel = form.querySelector("[data-preview]");
  const preview = new Preview(form, panel, fields);

  const project = () => form.elements.project.value;
  const event = () => linesOf(form.elements.events)[0] || form.elements.born_event.value.trim();
  const list = (what, of, again) => (project()
    ? listOf(url("lists"), project(), what, of, again)
    : { values: [], problem: "Choose a project first to see its names.", fixed: true });
  const properties = (again) => (event()
    ? list("properties", [event()], again)
    : { values: [], problem: "Choose an event first to see its properties.", fixed: true });
  const values = (property, again) => (event() && property && !property.includes('["')
    ? list("values", [event(), property], again)
    : { values: [], problem: "Choose an event and a property first to see values.", fixed: true });
  const labels = (again) => {
    const breakdown = form.elements.breakdown.value.trim();
    // The preview's labels cost no query.
    if (preview.labels.length) return { values: preview.labels.map((value) => ({ value })), note: "", fixed: true };
    return breakdown ? values(breakdown, again) : { values: [], problem: "The preview's labels will appear here.", fixed: true };
  };

  const sources = { properties, labels };
  for (const field of form.querySelectorAll("[data-list]")) {
    const noun = field.dataset.list;
    const source = sources[noun] || ((again) => list(noun, [], again));
    const alone = { id_events: () => fields.takesOneEvent(), id_exclude: () => false }[field.id];
    new Picker(field, { noun: noun.replace("_", " "), source, alone });
  }
  for (const box of form.querySelectorAll("[data-filters]")) filters(box, { properties, values });
  link(form, url("link"));
  colors(form.elements.colors, panel);

  form.addEventListener("change", () => { fields.update(); });
  fields.update();
  fields.goToFirstError();
  draft(form, JSON.parse(document.getElementById("draft-of").textContent), () => form.querySelector("[data-add]").click());
  if (project()) preview.run("");
}
