// Stores a widget form's unsaved entries (the draft) in this browser. For a week, the person can restore the draft. The
// script also warns before the person leaves the page without saving. The form has no secrets, so the draft has none.
// After a form was sent, the next page with the form deletes the draft if the server has saved the entries. The server
// has saved them if `version` (for a new widget: `made`) has changed.

import { changed, element } from "./page.js";
import { valueOf } from "./picker.js";

const PAUSE = 400;
const KEPT = 7 * 24 * 60 * 60 * 1000;
const NEVER = ["csrfmiddlewaretoken", "stored_state"];

// `of` comes from the server: `key` is the prefix of the draft's name in the browser's storage, `widget` the id of the
// saved widget (null for a new widget), `version` its version, and `made` the id of the person's newest widget.
export function draft(form, of) {
  const place = form.querySelector("[data-draft]");
  const nameOf = (widget) => `${of.key} ${widget ?? "new"}`;
  const name = nameOf(of.widget);
  const proof = of.widget ? of.version : of.made;
  const belongs = (one) => one.name && one.type !== "submit" && !NEVER.includes(one.name);
  const isOff = (one) => one.type === "checkbox" && !one.checked;
  const entries = () => [...form.elements].filter((one) => belongs(one) && !isOff(one)).map((one) => [one.name, valueOf(one)]);
  const same = (some, others) => JSON.stringify(some) === JSON.stringify(others);
  const failed = Boolean(document.querySelector(".errornote"));
  let start = entries();
  let leaving = false;
  let timer;

  function keep(more = {}, under = name) {
    clearTimeout(timer);
    write(under, { entries: entries(), at: Date.now(), proof, ...more });
  }

  function showRestore(kept) {
    const button = (text, click) => {
      const made = element("button", { type: "button", class: "button" }, text);
      made.addEventListener("click", () => { place.replaceChildren(); click(); });
      return made;
    };
    const at = new Date(kept.at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
    const later = of.widget && kept.proof !== proof ? " Somebody has saved this widget since then." : "";
    place.append(
      `This browser has entries from ${at} that were not saved.${later} `,
      button("Restore", () => restore(kept.entries)),
      button("Discard", () => write(name, null)),
    );
  }

  function restore(kept) {
    const values = new Map();
    for (const [field, value] of kept) values.set(field, [...(values.get(field) || []), value]);
    const fields = (field) => form.querySelectorAll(`[name="${CSS.escape(field)}"]`);
    const add = (field, button) => fields(field)[0]?.closest(`:has(> ${button})`).querySelector(`:scope > ${button}`).click();
    const numbers = [...values.keys()].map((field) => Number(/^metrics-(\d+)-event$/.exec(field)?.[1] ?? -1));
    for (let missing = Math.max(...numbers) + 1; missing && !fields(`metrics-${Math.max(...numbers)}-event`).length; missing -= 1) {
      form.querySelector("[data-add-metric]").click();
    }
    for (const one of form.querySelectorAll('[name^="metrics-"][name$="-event"]')) {
      if (!values.has(one.name)) one.closest("[data-metric-row]").querySelector("[data-remove-metric]").click();
    }
    for (const [field, { length }] of values) {
      if (!/(filters-property|formulas-formula)$/.test(field)) continue;
      for (let rows = fields(field).length; rows < length; rows += 1) add(field, "[data-add]");
    }
    for (const field of new Set([...form.elements].filter(belongs).map((one) => one.name))) {
      fields(field).forEach((one, i) => {
        if (one.type === "checkbox") one.checked = values.has(field);
        else one.value = values.get(field)?.[i] ?? "";
      });
    }
    // Sends the DOM events after all fields have their values, because the report field's event can change the chart.
    for (const one of form.elements) if (belongs(one)) changed(one);
    const chart = values.get("chart")?.[0];
    if (chart && form.elements.chart.value !== chart) { form.elements.chart.value = chart; changed(form.elements.chart); }
    form.querySelector("select, [role=combobox]").focus();
  }

  const kept = read(name);
  const isSaved = kept?.sent && kept.proof !== proof;
  if (kept && (isSaved || Date.now() - kept.at > KEPT || same(kept.entries, start))) write(name, null);
  else if (kept && !failed) showRestore(kept);
  if (failed) {
    keep();
    start = [];
  }

  for (const event of ["input", "change"]) {
    form.addEventListener(event, () => { clearTimeout(timer); timer = setTimeout(keep, PAUSE); });
  }
  form.addEventListener("submit", ({ submitter }) => {
    if (submitter?.formTarget) return; // the button only opens the preview in a new tab
    leaving = true;
    if (submitter?.name !== "_saveasnew") keep({ sent: true });
    else {
      keep({ sent: true, proof: of.made }, nameOf(null));
      write(name, null);
    }
  });
  window.addEventListener("pageshow", () => { leaving = false; });
  window.addEventListener("beforeunload", (event) => {
    if (leaving || same(entries(), start)) return;
    keep();
    event.preventDefault();
  });
}

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

// Stores a draft, or deletes it if `value` is null. If the browser forbids storage, the form works without drafts.
function write(name, value) {
  try {
    if (value) localStorage.setItem(name, JSON.stringify(value));
    else localStorage.removeItem(name);
  } catch {
    return;
  }
}
