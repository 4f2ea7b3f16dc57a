// Shows only the fields that the chosen report, chart and range use. The server sends the rules.

import { placeOf } from "./elements.js";

export class Fields {
  constructor(form, described) {
    this.form = form;
    this.described = described;
    this.wanted = form.elements.chart.value;
    form.elements.chart.addEventListener("change", () => { this.wanted = form.elements.chart.value; });
    this.about = form.querySelector("#id_report_helptext > div");
  }

  update() {
    const report = this.form.elements.report.value;
    this.fitCharts(this.described.charts[report]);
    if (this.about) this.about.textContent = this.described.about[report] || "";
    for (const name of Object.keys(this.described.conditions)) {
      const place = placeOf(this.form, name);
      // A field with an error stays visible.
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
    return Object.entries(this.described.conditions[name]).every(([control, values]) => {
      const chosen = this.form.elements[control].value;
      return !chosen || values.includes(chosen);
    });
  }

  // Selects the person's chart again as soon as the report can fill it.
  fitCharts(fitting) {
    const chart = this.form.elements.chart;
    if (!fitting) return;
    for (const option of chart.options) option.disabled = option.hidden = !fitting.includes(option.value);
    chart.value = fitting.includes(this.wanted) ? this.wanted : fitting[0];
  }

  takesOneEvent() {
    return this.described.one_event.includes(this.form.elements.report.value);
  }
}
