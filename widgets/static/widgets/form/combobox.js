// A searchable list below a text input, as WAI-ARIA describes comboboxes. What is typed stands, listed or not.

import { changed, element } from "./elements.js";

const MOST = 200;
let count = 0;

export class Combobox {
  // `source(again)` gives {values, note, problem} or a promise of it; `choose(entry)` takes what was picked.
  constructor(input, { source, choose, noun }) {
    count += 1;
    this.input = input;
    this.source = source;
    this.choose = choose || ((entry) => this.fill(entry.value));
    this.noun = noun;
    this.entries = [];
    this.active = -1;
    this.build(`list-${count}`);
    this.listen();
  }

  build(id) {
    const label = this.input.getAttribute("aria-label") || this.input.labels?.[0]?.textContent || this.noun;
    this.options = element("ul", { role: "listbox", id, "aria-label": label.replace(/:$/, "") });
    this.note = element("span", { class: "combo-note" });
    this.again = element("button", { type: "button", class: "link" }, "Refresh list");
    this.popup = element("div", { class: "combo-popup", hidden: "" });
    this.popup.append(this.options, element("div", { class: "combo-foot" }, this.note, this.again));
    this.heard = element("span", { class: "only-heard", role: "status" });
    this.opener = element("button", {
      type: "button", class: "combo-open", tabindex: "-1", "aria-hidden": "true", title: `Show ${this.noun}`,
    });
    this.box = element("span", { class: "combo" });
    this.input.before(this.box);
    this.box.append(this.input, this.opener, this.popup, this.heard);
    const roles = {
      role: "combobox", "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list", autocomplete: "off",
    };
    for (const [name, value] of Object.entries(roles)) this.input.setAttribute(name, value);
  }

  listen() {
    this.input.addEventListener("input", () => {
      // Only for who types: a link that fills the form opens nothing.
      if (!this.filling && document.activeElement === this.input) this.open(this.input.value);
    });
    this.input.addEventListener("click", () => this.open());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.opener.addEventListener("click", () => { this.input.focus(); this.toggle(); });
    this.again.addEventListener("click", () => { this.input.focus(); this.load(true); });
    // Keeps the focus in the input, so that a click on an option does not close the list first.
    this.options.addEventListener("mousedown", (event) => event.preventDefault());
    this.options.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.pick(Number(option.dataset.place));
    });
    this.box.addEventListener("focusout", (event) => {
      if (!this.box.contains(event.relatedTarget)) this.close();
    });
  }

  get isOpen() { return !this.popup.hidden; }

  toggle() { if (this.isOpen) this.close(); else this.open(); }

  open(typed = "") {
    this.typed = typed;
    if (this.isOpen) { this.show(); return; }
    this.popup.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.load(false);
  }

  close() {
    this.popup.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.mark(-1);
  }

  async load(again) {
    this.list = null;
    const turn = this.turn = {};
    this.show();
    const list = await this.source(again);
    if (this.turn !== turn) return;
    this.list = list;
    if (this.isOpen) this.show();
  }

  show() {
    const sought = this.typed.trim().toLowerCase();
    const all = this.list ? this.list.values : [];
    const fits = all.filter((entry) => `${entry.label || ""} ${entry.value}`.toLowerCase().includes(sought));
    const begins = (entry) => (entry.label || entry.value).toLowerCase().startsWith(sought);
    this.entries = [...fits.filter(begins), ...fits.filter((entry) => !begins(entry))].slice(0, MOST);
    this.options.replaceChildren(...this.entries.map((entry, place) => this.option(entry, place)));
    this.options.hidden = !this.entries.length;
    this.note.textContent = this.words(all.length, fits.length);
    this.again.hidden = !this.list || this.list.fixed === true;
    this.popup.setAttribute("aria-busy", String(!this.list));
    this.heard.textContent = this.list ? `${this.note.textContent} ${fits.length} to choose from.` : "Loading.";
    this.mark(this.entries.findIndex((entry) => entry.value === this.input.value));
  }

  words(all, fits) {
    if (!this.list) return "Asking Mixpanel…";
    if (this.list.problem) return `${this.list.note ? `${this.list.note}. ` : ""}${this.list.problem} You can type it.`;
    if (!all) return `Mixpanel lists no ${this.noun} here. You can type it.`;
    if (!fits) return `None of ${all} ${this.noun} is called that. What you typed is taken as it is.`;
    return this.list.note || "";
  }

  option(entry, place) {
    const option = element("li", { role: "option", id: `${this.options.id}-${place}`, "data-place": place });
    option.setAttribute("aria-selected", "false");
    option.append(element("span", {}, entry.label || entry.value));
    const detail = [entry.detail, entry.label ? entry.value : ""].filter(Boolean).join(" · ");
    if (detail) option.append(element("small", {}, detail));
    return option;
  }

  mark(place) {
    this.options.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    this.active = place;
    const option = this.options.children[place];
    if (!option) { this.input.removeAttribute("aria-activedescendant"); return; }
    option.setAttribute("aria-selected", "true");
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const last = this.entries.length - 1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!this.isOpen) this.open();
      else if (event.key === "ArrowDown") this.mark(this.active >= last ? 0 : this.active + 1);
      else this.mark(this.active <= 0 ? last : this.active - 1);
    } else if (event.key === "Enter") {
      event.preventDefault(); // a name is taken, the form is not sent
      if (this.isOpen && this.active >= 0) this.pick(this.active);
      else { this.close(); this.input.dispatchEvent(new Event("change", { bubbles: true })); }
    } else if (event.key === "Escape" && this.isOpen) {
      event.preventDefault();
      this.close();
    }
  }

  pick(place) {
    const entry = this.entries[place];
    this.close();
    this.choose(entry);
  }

  fill(value) {
    this.input.value = value;
    this.filling = true;
    changed(this.input);
    this.filling = false;
  }
}
