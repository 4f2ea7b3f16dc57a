// Hides the fields that the chosen report, chart and dates do not use. Disables the charts that do not fit the report.
// Shows errors and warnings next to their fields.

import { changed, describe, element, linesOf, placeOf } from "./page.js";

// The element of a field that can have the focus. If a field has a picker, that is the picker's input.
const CONTROL = "[role=combobox], :is(input, select, textarea):not([hidden], [type=hidden], .select2-hidden-accessible)";

export class Fields {
  constructor(form, described) {
    this.form = form;
    this.described = described;
    this.kept = new Set();
    this.warned = 0;
    const { chart, report } = form.elements;
    // In a new form, the chart changes with the report until the person chooses a chart.
    const isNew = !form.elements.stored_state && !form.querySelector(".errorlist");
    this.wanted = isNew && chart.value === described.usual_chart[report.value] ? "" : chart.value;
    this.names = new Map([...chart.options].map((option) => [option.value, option.text]));
    chart.addEventListener("change", () => { this.wanted = chart.value; });
    this.about = form.querySelector("#id_report_helptext > div");
    this.aboutEvents = form.querySelector("#id_events_helptext");
    this.usual = form.elements.events.dataset.help;
  }

  update() {
    const report = this.form.elements.report.value;
    if (report) this.fitCharts(report);
    if (this.about) this.about.textContent = this.described.about[report] || "";
    this.aboutEvents.textContent = this.described.about_events[report] || this.usual;
    for (const name of Object.keys(this.described.conditions)) {
      const place = placeOf(this.form, name);
      // A field with an error stays visible, even if the report does not use it.
      if (place) place.hidden = !this.isUsed(name) && !place.querySelector(".errorlist");
    }
    for (const row of this.form.querySelectorAll(".form-row:has(.fieldBox)")) {
      row.hidden = [...row.querySelectorAll(".fieldBox")].every((box) => box.parentElement.hidden);
    }
    for (const fieldset of this.form.querySelectorAll("fieldset.module")) {
      fieldset.hidden = [...fieldset.querySelectorAll(".form-row")].every((row) => row.hidden);
    }
  }

  isUsed(name) {
    const { report, funnel } = this.form.elements;
    if (this.described.steps.includes(name) && report.value === "funnel" && funnel.value) return false;
    return Object.entries(this.described.conditions[name]).every(([control, values]) => {
      const chosen = this.form.elements[control].value;
      return !chosen || values.includes(chosen);
    });
  }

  // Disables the charts that do not fit, and adds the reason to their names. When the chart that the person chose fits
  // again, selects it again.
  fitCharts(report) {
    const { chart } = this.form.elements;
    const why = this.described.no_chart[report];
    for (const option of chart.options) {
      option.disabled = option.value in why;
      option.text = this.names.get(option.value) + (option.disabled ? ` (${why[option.value]})` : "");
    }
    chart.value = this.wanted && !(this.wanted in why) ? this.wanted : this.described.usual_chart[report];
  }

  takesOneEvent() {
    return this.described.one_event.includes(this.form.elements.report.value);
  }

  // A new error appears only at a field that the person has edited (`isReady`) and left. A visible error stays until
  // the person corrects the field.
  showErrors(errors, isReady) {
    for (const list of this.form.querySelectorAll(".fields .errorlist")) {
      const place = list.parentElement;
      if (!Object.keys(errors).some((name) => placeOf(this.form, name) === place)) this.say(place, []);
    }
    for (const [name, texts] of Object.entries(errors)) {
      const place = placeOf(this.form, name);
      if (!place || !(place.querySelector(".errorlist") || (isReady(name) && !place.contains(document.activeElement)))) continue;
      this.say(place, texts, name);
      place.hidden = false;
      const folded = place.closest("details");
      if (folded) folded.open = true;
    }
  }

  say(place, texts, name = "") {
    const list = place.querySelector(":scope > .errorlist");
    if (list && texts.join() === [...list.children].map((item) => item.textContent).join()) return;
    list?.remove();
    place.classList.toggle("errors", texts.length > 0);
    for (const control of place.querySelectorAll("[aria-invalid]")) {
      describe(control, list?.id, false);
      control.removeAttribute("aria-invalid");
    }
    if (texts.length) place.prepend(element("ul", { class: "errorlist", id: `id_${name}_error` }, ...texts.map((text) => element("li", {}, text))));
    this.mark(place);
  }

  // Tells screen readers which input of a field is wrong, and returns this input, or null if the field has no error.
  // Shows an error that names a row, for example “Metric B: …”, in the row.
  mark(place) {
    const list = place.querySelector(":scope > .errorlist");
    const texts = list ? [...list.children].map((item) => item.textContent) : [];
    const rows = [...place.querySelectorAll("[data-metric-row], [data-formula-row]")].filter((row) => !row.hidden);
    const of = (row) => texts.filter((text) => text.startsWith(`${row.ariaLabel}:`) || text.startsWith(`${row.ariaLabel},`));
    const wrong = rows.filter((row) => of(row).length);
    for (const row of rows) {
      row.classList.toggle("wrong", wrong.includes(row) || (texts.length > 0 && rows.length === 1));
      row.querySelector(":scope > .why")?.remove();
      if (wrong.includes(row)) row.prepend(element("p", { class: "why", "aria-hidden": "true" }, of(row).join(" "))); // screen readers read the list of errors instead
      if (of(row).some((text) => text.startsWith(`${row.ariaLabel},`))) row.querySelector("details").open = true;
    }
    list?.classList.toggle("only-heard", wrong.length > 0 && texts.every((text) => wrong.some((row) => of(row).includes(text))));
    if (!texts.length) return null;
    const control = wrong.length ? this.wrongPart(wrong[0], of(wrong[0])[0]) : place.querySelector(CONTROL);
    describe(control, list.id, true);
    control?.setAttribute("aria-invalid", "true");
    return control;
  }

  // Guesses which input has the error: the row's first empty picker, or else its first field. If the error names a
  // filter, looks only in this filter.
  wrongPart(row, text) {
    const filter = row.querySelectorAll("[data-filter-row]")[Number(/^[^:]*filter (\d+):/.exec(text)?.[1]) - 1];
    const part = filter || row;
    const empty = [...part.querySelectorAll(".picker")].find((one) => !one.closest("[hidden]") && !one.previousElementSibling.value);
    return (empty || part).querySelector(CONTROL);
  }

  // After the page has loaded, marks the inputs with errors, and moves the focus to the first of them, or else to the
  // errors of the whole form.
  goToFirstError() {
    let first = null;
    for (const list of this.form.querySelectorAll(".fields .errorlist")) {
      const control = this.mark(list.parentElement);
      first ??= control;
      const folded = list.closest("details");
      if (folded) folded.open = true;
    }
    const note = this.form.querySelector(".errorlist.nonfield");
    note?.setAttribute("tabindex", "-1");
    (first || note)?.focus();
  }

  // Warns about names that are not in Mixpanel's lists, and offers similar names (`near`).
  showUnknown(unknown) {
    for (const note of this.form.querySelectorAll(".unknown-name")) {
      if (!unknown.some(({ field, name }) => note.dataset.of === `${field} ${name}`)) this.forget(note);
    }
    for (const one of unknown) {
      const of = `${one.field} ${one.name}`;
      const shown = [...this.form.querySelectorAll(".unknown-name")].some((note) => note.dataset.of === of);
      const place = placeOf(this.form, one.field);
      if (place && !shown && !this.kept.has(of)) this.warn(place, one, of);
    }
  }

  warn(place, { field, name, noun, near }, of) {
    const button = (text, click) => {
      const made = element("button", { type: "button", class: "link" }, text);
      made.addEventListener("click", () => { this.forget(note); click(); place.querySelector(CONTROL)?.focus(); });
      return made;
    };
    const choices = near.map((other) => button(other, () => this.replace(this.form.elements[field], name, other)));
    const note = element(
      "p",
      { class: "unknown-name", role: "status", id: `unknown-${this.warned += 1}`, "data-of": of },
      `Mixpanel's list has no ${noun} “${name}”. `,
      ...(near.length ? ["Did you mean ", ...choices.flatMap((choice, i) => (i ? [" or ", choice] : [choice])), "? "] : []),
      button(`Keep “${name}”`, () => this.kept.add(of)),
    );
    place.querySelector(".flex-container").append(note);
    describe(place.querySelector(CONTROL), note.id, true);
  }

  forget(note) {
    describe(note.closest(".form-row").querySelector(CONTROL), note.id, false);
    note.remove();
  }

  replace(field, name, other) {
    for (const one of field ? [field] : this.form.querySelectorAll('[data-metrics] [name$="-event"], [data-metrics] [name$="-property"]')) {
      const lines = linesOf(one).map((line) => (line === name ? other : line));
      if (!linesOf(one).includes(name)) continue;
      one.value = [...new Set(lines)].join("\n");
      changed(one);
    }
  }
}
