// Adds pickers, colour fields and the preview to the widget's form, which also works without scripts.

import { draft } from "./draft.js";
import { Fields } from "./fields.js";
import { filters, formulas, metrics } from "./rows.js";
import { changed, describe, element, linesOf, post, Trouble } from "./page.js";
import { listOf, Picker } from "./picker.js";
import { Preview } from "./preview.js";

const MOST_COLORS = 24;

const form = document.getElementById("widget_form");
const described = document.getElementById("which-fields");
if (form && described) enhance(form, JSON.parse(described.textContent));

function enhance(form, described) {
  const url = (name) => described.urls[name];
  const fields = new Fields(form, described);
  const panel = form.querySelector("[data-preview]");
  const preview = new Preview(form, panel, fields);

  const project = () => form.elements.project.value;
  const metric = () => [...form.querySelectorAll('[name^="metrics-"][name$="-event"]')].find((one) => one.value.trim());
  const event = () => (fields.isUsed("metrics")
    ? metric()?.value.trim()
    : linesOf(form.elements.events)[0] || form.elements.born_event.value.trim());
  const list = (listName, of, again) => (project()
    ? listOf(url("lists"), project(), listName, of, again)
    : { values: [], problem: "Choose a project first to see names from Mixpanel.", fixed: true });
  const propertiesOf = (name, again) => (name
    ? list("properties", [name], again)
    : { values: [], problem: "Choose an event first to see its properties.", fixed: true });
  const valuesOf = (name, property, again) => (name && property && !property.includes('["')
    ? list("values", [name, property], again)
    : { values: [], problem: "Choose an event and a property first to see values.", fixed: true });
  const properties = (again) => propertiesOf(event(), again);
  const values = (property, again) => valuesOf(event(), property, again);
  const labels = (again) => {
    const breakdown = form.elements.breakdown.value.trim();
    // The labels of the preview cost no query.
    if (preview.labels.length) return { values: preview.labels.map((value) => ({ value })), note: "", fixed: true };
    return breakdown ? values(breakdown, again) : { values: [], problem: "The preview's labels will appear here.", fixed: true };
  };

  const sources = { properties, labels };
  for (const field of form.querySelectorAll("[data-list]")) {
    const noun = field.dataset.list;
    const source = sources[noun] || ((again) => list(noun, [], again));
    const several = () => false;
    const alone = { id_events: () => fields.takesOneEvent(), id_exclude: several, id_only: several }[field.id];
    new Picker(field, { noun: noun.replace("_", " "), source, alone });
  }
  for (const box of form.querySelectorAll("[data-filters]:not([data-metrics] *)")) filters(box, { properties, values });
  const names = { events: (again) => list("events", [], again), properties: propertiesOf, values: valuesOf };
  for (const box of form.querySelectorAll("[data-metrics]")) metrics(box, names);
  for (const box of form.querySelectorAll("[data-formulas]")) formulas(box);
  link(form, url("link"));
  colors(form.elements.colors, panel);
  // Scrolls without adding "#preview" to the page's URL. With "#preview", the browser would scroll to the preview again
  // after saving, and the person would not see the new widget's address.
  form.querySelector(".to-preview a").addEventListener("click", (event) => {
    event.preventDefault();
    panel.scrollIntoView();
    panel.focus({ preventScroll: true });
  });

  form.addEventListener("change", () => { fields.update(); });
  fields.update();
  fields.goToFirstError();
  draft(form, JSON.parse(document.getElementById("draft-of").textContent));
  if (project()) preview.run("");
}

// Fills the form from a pasted Mixpanel link.
function link(form, url) {
  const input = form.querySelector("[data-link]");
  if (!input) return;
  const said = element("p", { role: "status", class: "link-said", id: "link-said" });
  input.after(said);
  describe(input, said.id, true);
  let timer;

  async function read() {
    const text = input.value.trim();
    said.className = "link-said";
    said.textContent = "";
    input.removeAttribute("aria-invalid");
    const row = input.closest(".form-row");
    row.classList.remove("errors");
    row.querySelector(".errorlist")?.remove(); // about the previous link
    if (!text) return;
    const data = new FormData();
    data.append("link", text);
    try {
      const found = await post(url, data);
      if (found.problem) throw new Trouble(found.problem);
      fill(found.fields);
      input.value = "";
      said.textContent = "The form is filled in.";
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      said.classList.add("bad");
      said.textContent = error.message;
      input.setAttribute("aria-invalid", "true");
    }
  }

  function fill(fields) {
    for (const [name, value] of Object.entries(fields)) {
      form.elements[name].value = value;
      changed(form.elements[name]);
    }
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(read, 250); });
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}

// Adds a colour field for each of the preview's first labels. The colour fields write into the textarea, which the form
// sends.
function colors(textarea, panel) {
  const box = element("div", { class: "swatches" });
  textarea.after(box);

  panel.addEventListener("shown", ({ detail }) => {
    if (box.contains(document.activeElement)) return; // the person is choosing a colour
    box.replaceChildren(...detail.colors.slice(0, MOST_COLORS).map(([label, color]) => swatch(label, color, detail.colors)));
  });

  function swatch(label, color, drawn) {
    const input = element("input", { type: "color", value: color });
    input.addEventListener("change", () => {
      const asked = byLabel(drawn);
      asked.set(label, input.value);
      textarea.value = [...asked].map((pair) => pair.join(" = ")).join("\n");
      changed(textarea);
    });
    return element("label", {}, input, ` ${label}`);
  }

  // Returns the textarea's colours by label. Colours without a label belong to the preview's labels in their order.
  function byLabel(drawn) {
    const lines = linesOf(textarea);
    if (!lines.some((line) => line.includes("="))) return new Map(lines.map((color, i) => [drawn[i]?.[0] ?? "", color]));
    return new Map(lines.map((line) => {
      const at = line.lastIndexOf(" = ");
      return [line.slice(0, at).trim(), line.slice(at + 3).trim()];
    }));
  }
}
