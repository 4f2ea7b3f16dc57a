// Updates the preview beside the form. Without stored data, MixCyfe queries Mixpanel when the person stops typing, but
// not if few queries are left.

import { element, post, Trouble } from "./page.js";

const CHARTS = import("../charts/chart.js"); // without `await`, so that the form does not wait for the charts' scripts
const WHILE_TYPING = 600;
const AFTER_A_CHOICE = 200;
const BEFORE_ASKING = 800;
const LOOK_AGAIN = 1000;
const SLOW = 300;

export class Preview {
  constructor(form, panel, fields) {
    this.form = form;
    this.panel = panel;
    this.fields = fields;
    this.touched = new Set([...form.querySelectorAll(".errors [name]")].map((field) => nameOf(field)));
    this.labels = [];
    form.addEventListener("input", (event) => this.later(event, WHILE_TYPING));
    form.addEventListener("change", (event) => this.later(event, AFTER_A_CHOICE));
    // If an error arrives while the person is in the field, the form shows the error after the person leaves the field.
    form.addEventListener("focusout", () => setTimeout(() => this.showErrors()));
    this.part("[data-ask]").addEventListener("click", () => this.run("now"));
  }

  part(selector) { return this.panel.querySelector(selector); }

  slot(name) { return this.part(`[data-slot=${name}]`); }

  later(event, wait) {
    const field = event.target;
    if (!field.name || field.matches("[data-link]")) return;
    this.touched.add(nameOf(field));
    this.errors = null; // the last answer is out of date, and so is an answer that is still on its way
    this.controller?.abort();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.run(""), wait);
  }

  // Asks for missing data after `wait` milliseconds, or later if the person is choosing from a list, because the query
  // will change.
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
    const slow = setTimeout(() => this.busy(ask ? "Asking Mixpanel…" : "Drawing…", Boolean(ask)), SLOW);
    try {
      this.show(await post(this.panel.dataset.preview, data, controller.signal));
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof Trouble)) throw error;
      this.say({ problem: error.message });
      this.heard(error.message);
    } finally {
      clearTimeout(slow);
      if (this.controller === controller) this.busy("");
    }
  }

  // Shows these words as the progress ("" ends it), with the seconds if `counts` is true. Screen readers read the words
  // once, without the seconds.
  busy(words, counts = false) {
    clearInterval(this.clock);
    const begun = Date.now() - SLOW;
    const seconds = () => (counts ? ` ${Math.round((Date.now() - begun) / 1000)} s` : "");
    // On narrow screens, the progress and the result are also beside the link to the preview.
    const tell = () => {
      this.part("[data-seconds]").textContent = words + seconds();
      this.form.querySelector("[data-brief]").textContent = words ? words + seconds() : this.slot("status").textContent;
    };
    this.part("[data-progress]").hidden = !words;
    if (words) {
      this.heard(words);
      this.clock = setInterval(tell, 1000);
    } else {
      this.panel.removeAttribute("aria-busy");
    }
    tell();
  }

  heard(words) {
    const status = this.slot("status");
    if (status.textContent !== words) status.textContent = words;
  }

  showErrors() {
    if (this.errors) this.fields.showErrors(this.errors, (name) => this.touched.has(name));
  }

  show(answer) {
    this.errors = answer.errors;
    this.showErrors();
    this.fields.showUnknown(answer.unknown);
    this.form.elements.title.placeholder = answer.title;
    const shown = answer.preview;
    if (!shown) {
      this.say({ note: "To see a preview:", missing: answer.missing });
      this.heard(`To see a preview: ${answer.missing.map(([, label, text]) => `${label} ${text}`).join(" ")}`);
      return;
    }
    this.labels = shown.labels;
    this.say(shown);
    this.heard(spoken(shown));
    this.panel.dispatchEvent(new CustomEvent("shown", { detail: shown }));
    if (shown.state === "asking") this.askLater(LOOK_AGAIN);
    else if (shown.state === "unasked" && !shown.scarce) this.askLater(BEFORE_ASKING);
  }

  say({ figure = null, problem = "", note = "", missing = [], ...more }) {
    const chart = this.slot("figure");
    // The old chart stays visible in pale colours until there is a new chart or a problem.
    const old = !figure && !problem && !chart.hidden;
    this.panel.classList.toggle("old", Boolean(old));
    chart.hidden = !figure && !old;
    if (figure) CHARTS.then(({ show }) => show(chart, figure));
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
    this.write("left", more.left ? more.left + (more.spent ? " (this preview used 1)" : "") : this.slot("left").textContent);
    this.write("age", more.age || "");
    this.part("[data-ask-row]").hidden = !more.left;
    this.part("[data-ask]").textContent = more.age ? "Refresh preview" : "Ask Mixpanel now";
    this.fold("csv", more.csv);
    this.write("csv", more.csv || "");
    this.fold("dropped", more.dropped_count);
    this.write("dropped_count", String(more.dropped_count || ""));
    this.rows("dropped", more.dropped);
    this.fold("asked", more.endpoint);
    this.write("endpoint", more.endpoint || "");
    this.rows("params", more.params);
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
}

// Returns the text about the result that screen readers read.
function spoken({ state, figure, note, problem, data_note: warning }) {
  const result = figure ? "The preview is ready." : "There is no preview.";
  const words = { answered: result, failed: result, unasked: note, asking: note };
  return [words[state], problem, warning].filter(Boolean).join(" ");
}

const nameOf = (field) => field.name.replace(/^(metrics)-.*|-(property|op|value|formula|label)$/, "$1");
