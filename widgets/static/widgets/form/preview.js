// The preview beside the form. Drawing stored data costs no query. Mixpanel is asked when the person stops typing.

import { show } from "../charts/chart.js";
import { element, placeOf } from "./elements.js";
import { post, Trouble } from "./wire.js";

const WHILE_TYPING = 600;
const AFTER_A_CHOICE = 200;
const BEFORE_ASKING = 800;
const LOOK_AGAIN = 1000;
const SLOW = 300;

export class Preview {
  constructor(form, panel) {
    this.form = form;
    this.panel = panel;
    this.touched = new Set([...form.querySelectorAll(".errors [name]")].map((field) => nameOf(field)));
    this.labels = [];
    form.addEventListener("input", (event) => this.later(event, WHILE_TYPING));
    form.addEventListener("change", (event) => this.later(event, AFTER_A_CHOICE));
    this.part("[data-ask]").addEventListener("click", () => this.run("now"));
  }

  part(selector) { return this.panel.querySelector(selector); }

  slot(name) { return this.part(`[data-slot=${name}]`); }

  later(event, wait) {
    const field = event.target;
    if (!field.name || field.matches("[data-link]")) return;
    this.touched.add(nameOf(field));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.run(""), wait);
  }

  // Waits while the person chooses from a list, because the query is about to change.
  askLater(wait) {
    this.timer = setTimeout(() => {
      if (this.form.querySelector(".select2-container--open")) this.askLater(wait);
      else this.run("missing");
    }, wait);
  }

  async run(ask) {
    clearTimeout(this.timer);
    this.controller?.abort();
    const controller = this.controller = new AbortController();
    const data = new FormData(this.form);
    data.set("ask", ask);
    this.panel.setAttribute("aria-busy", "true");
    const slow = setTimeout(() => this.busy(ask ? "Asking Mixpanel…" : "Drawing…"), SLOW);
    try {
      this.show(await post(this.panel.dataset.preview, data, controller.signal));
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof Trouble)) throw error;
      this.say({ problem: error.message });
    } finally {
      clearTimeout(slow);
      if (this.controller === controller) this.busy("");
    }
  }

  busy(words) {
    this.part("[data-progress]").hidden = !words;
    this.slot("status").textContent = words;
    if (!words) this.panel.removeAttribute("aria-busy");
  }

  show(answer) {
    this.showErrors(answer.errors);
    this.form.elements.title.placeholder = answer.title;
    const shown = answer.preview;
    if (!shown) {
      this.say({ note: "The preview needs:", missing: answer.missing });
      return;
    }
    this.labels = shown.labels;
    this.say(shown);
    this.heard(shown);
    this.panel.dispatchEvent(new CustomEvent("shown", { detail: shown }));
    if (shown.state === "asking") this.askLater(LOOK_AGAIN);
    else if (shown.state === "unasked" && !shown.scarce) this.askLater(BEFORE_ASKING);
  }

  say({ figure = null, problem = "", note = "", missing = [], ...more }) {
    const chart = this.slot("figure");
    // The last chart stays visible, in pale colours, until there is a new chart or a problem.
    const old = !figure && !problem && !chart.hidden;
    this.panel.classList.toggle("old", Boolean(old));
    chart.hidden = !figure && !old;
    if (figure) show(chart, figure);
    this.part("[data-picture]").classList.toggle("empty", chart.hidden);
    this.part("[data-empty]").hidden = !chart.hidden;
    this.write("problem", problem);
    this.write("beside", chart.hidden ? "" : problem);
    this.write("note", problem ? "" : note);
    this.write("data_note", more.data_note || "");
    const repair = this.part("[data-repair]");
    repair.hidden = !more.repair;
    repair.firstElementChild.href = more.repair || "#";
    const list = this.part("[data-missing]");
    list.replaceChildren(...missing.map(([, label, text]) => element("li", {}, element("strong", {}, label), ` ${text}`)));
    list.hidden = !missing.length;
    this.write("left", more.left ? more.left + (more.spent ? ", this preview cost one" : "") : this.slot("left").textContent);
    this.write("age", more.age || "");
    this.part("[data-ask-row]").hidden = !more.left;
    this.part("[data-ask]").textContent = more.age ? "Ask again" : "Ask Mixpanel now";
    this.fold("csv", more.csv);
    this.write("csv", more.csv || "");
    this.fold("dropped", more.dropped_count);
    this.write("dropped_count", String(more.dropped_count || ""));
    this.rows("dropped", more.dropped);
    this.fold("asked", more.endpoint);
    this.write("endpoint", more.endpoint || "");
    this.rows("params", more.params);
  }

  heard(shown) {
    const words = { drawn: "The preview is ready.", failed: "There is no preview.", unasked: "", asking: "" };
    this.slot("status").textContent = `${words[shown.state]} ${shown.problem} ${shown.data_note}`.trim();
  }

  write(name, text) {
    const slot = this.slot(name);
    slot.textContent = text;
    slot.hidden = !text;
  }

  fold(name, filled) { this.part(`[data-part=${name}]`).hidden = !filled; }

  rows(name, rows = []) {
    this.part(`[data-rows=${name}]`).replaceChildren(
      ...rows.map((cells) => element("tr", {}, ...cells.map((text) => element("td", {}, text)))),
    );
  }

  showErrors(errors) {
    for (const list of this.form.querySelectorAll(".fields .errorlist")) list.remove();
    for (const row of this.form.querySelectorAll(".fields .errors")) row.classList.remove("errors");
    for (const field of this.form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    for (const [name, texts] of Object.entries(errors)) {
      const place = placeOf(this.form, name);
      // Shows no errors in fields that the person is filling in now or has not reached yet.
      if (!place || !this.touched.has(name) || place.contains(document.activeElement)) continue;
      place.classList.add("errors");
      place.prepend(element("ul", { class: "errorlist" }, ...texts.map((text) => element("li", {}, text))));
      place.querySelector("[role=combobox], :is(input, select, textarea):not([hidden], [aria-hidden])")?.setAttribute("aria-invalid", "true");
      place.hidden = false;
      const folded = place.closest("details");
      if (folded) folded.open = true;
    }
  }
}

const nameOf = (field) => field.name.replace(/-(property|op|value)$/, "");
