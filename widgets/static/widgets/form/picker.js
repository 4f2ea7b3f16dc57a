// A picker shows a list of Mixpanel's names with Django's Select2. People can also type other names. The picker
// replaces an input (one name) or a textarea (one name per line), which stays hidden in the form and keeps the value.

import { changed, element, linesOf, post, set, Trouble } from "./page.js";

const MOST = 200;
const pickers = new Map();
let count = 0;

// Returns a field's value, including the text that the person is typing into its picker.
export function valueOf(field) {
  const picker = pickers.get(field);
  return picker ? picker.linesWith(picker.search.value.trim()).join("\n") : field.value;
}

export class Picker {
  // `source(again)` returns a list as `listOf` does, or a promise of such a list. A list with `fixed: true` hides the
  // button “Refresh list”. If `alone()` is true and the field has only one name, a new name replaces the old one.
  // `written(value)` converts a name of the list to the field's text. If `isFree` is true, the typed text always comes
  // first in the list.
  constructor(field, { noun, source, alone = () => true, written = (value) => value, isFree = false }) {
    Object.assign(this, { field, noun, source, alone, written, isFree });
    pickers.set(field, this);
    this.id = `picker-${count += 1}`;
    this.names = new Map([[field.value, field.dataset.caption || ""]]);
    this.build();
    this.label();
    this.listen();
    this.render();
  }

  build() {
    const select = element("select", { multiple: "", id: this.id });
    this.box = element("div", { class: "picker" }, select);
    this.field.after(this.box);
    this.field.hidden = true;
    this.$select = window.django.jQuery(select).select2({
      theme: "admin-autocomplete",
      width: "100%",
      dropdownParent: window.django.jQuery(this.box),
      placeholder: this.field.placeholder || "Choose or type",
      language: { noResults: () => "" },
      ajax: { transport: ({ data }, success) => this.find(data.term || "", success) },
      templateResult: ({ text, detail }) => element("div", {}, text, detail ? element("small", {}, detail) : ""),
      templateSelection: ({ id }, [chip]) => this.chip(id, chip.querySelector(".select2-selection__choice__remove")),
    });
    this.select2 = this.$select.data("select2");
    this.search = this.box.querySelector(".select2-search__field");
    this.note = element("span", { role: "status" });
    this.again = element("button", { type: "button", class: "link" }, "Refresh list");
    this.select2.$dropdown[0].firstChild.append(element("div", { class: "picker-foot" }, this.note, this.again));
  }

  // Gives the input a label and the role of a combobox, which Select2 gives to the box around the input.
  label() {
    const { field, search } = this;
    const help = document.getElementById(`${field.id}_helptext`);
    if (help && field.dataset.help) help.textContent = field.dataset.help;
    const described = field.getAttribute("aria-describedby") || help?.id || "";
    set(search, { id: `${this.id}-search`, role: "combobox", "aria-describedby": described });
    if (field.ariaLabel) search.ariaLabel = field.ariaLabel;
    for (const label of [...field.labels]) label.htmlFor = search.id;
    const selection = this.box.querySelector(".select2-selection");
    for (const name of ["role", "aria-haspopup", "aria-disabled"]) selection.removeAttribute(name);
    const tell = () => {
      search.ariaExpanded = String(this.select2.isOpen());
      selection.removeAttribute("aria-expanded");
    };
    this.$select.on("select2:open select2:close", tell);
    this.select2.on("results:focus", () => selection.removeAttribute("aria-activedescendant"));
    tell();
  }

  listen() {
    this.field.addEventListener("change", () => this.render());
    this.$select.on("select2:selecting", (event) => {
      event.preventDefault();
      this.search.value = "";
      this.take(event.params.args.data.id);
      this.close();
    });
    this.$select.on("select2:unselecting", (event) => {
      event.preventDefault();
      this.drop(event.params.args.data.id);
    });
    // Keeps the typed text as a name, even if the list closes without a choice.
    this.$select.on("select2:closing", () => {
      const typed = this.search.value.trim();
      this.search.value = "";
      if (typed) this.take(typed);
    });
    this.again.addEventListener("click", () => {
      this.search.focus();
      this.refresh = true;
      this.select2.trigger("query", { term: this.search.value });
    });
    this.box.addEventListener("click", (event) => {
      if (!event.target.matches(".select2-selection__choice__remove")) return;
      event.stopPropagation(); // otherwise, the click would open the list
      this.drop(event.target.dataset.name);
      this.search.focus();
    }, true);
    this.box.addEventListener("keydown", (event) => this.key(event), true);
    // A mouse that rests over the list while the person types must not select an entry.
    this.box.addEventListener("mouseover", (event) => event.stopPropagation(), true);
    this.search.addEventListener("paste", (event) => this.paste(event));
  }

  get lines() { return linesOf(this.field); }

  get isAlone() { return this.alone() && this.lines.length <= 1; }

  close() { this.$select.select2("close"); }

  render() {
    this.$select[0].replaceChildren(...this.lines.map((line) => new Option(line, line, true, true)));
    this.$select.trigger("change.select2");
  }

  chip(name, remove) {
    set(remove, { role: "button", tabindex: "0", "aria-label": `Remove ${name}`, "data-name": name });
    const label = this.names.get(name);
    return element("span", {}, label ? `${label} · ${name}` : name);
  }

  async find(typed, success) {
    const turn = this.turn = {};
    const again = this.refresh;
    this.refresh = false;
    this.show(null, typed, success);
    const list = await this.source(again);
    if (this.turn !== turn) return;
    for (const { value, label } of list.values) if (label) this.names.set(value, label);
    if (this.select2.isOpen()) this.show(list, typed, success);
  }

  show(list, term, success) {
    const typed = term.trim();
    const sought = typed.toLowerCase();
    const all = (list?.values || []).filter(({ value }) => this.canTake(this.written(value)));
    const fits = all.filter(({ label = "", value }) => `${label} ${value}`.toLowerCase().includes(sought));
    const isTyped = ({ value }) => value === typed;
    const begins = ({ label, value }) => (label || value).toLowerCase().startsWith(sought);
    fits.sort((a, b) => isTyped(b) - isTyped(a) || begins(b) - begins(a));
    if (this.canTake(typed) && !all.some(isTyped)) {
      // Enter takes the first entry. If exactly one name matches and `isFree` is false, that name is the first entry.
      // Otherwise, the typed text is the first entry.
      const place = fits.length === 1 && !this.isFree ? 1 : 0;
      fits.splice(place, 0, { value: typed, detail: list && "as typed" });
    }
    success({
      results: fits.slice(0, MOST).map(({ value, label, detail }, place) => ({
        id: isTyped({ value }) ? value : this.written(value),
        text: label || value,
        detail: [detail, label ? value : ""].filter(Boolean).join(" · "),
        _resultId: `${this.id}-${place}`,
      })),
    });
    this.note.textContent = this.words(list);
    this.again.hidden = !list || list.fixed === true;
    this.box.querySelector(".select2-results__options").setAttribute("aria-label", this.noun);
  }

  words(list) {
    if (!list) return "Asking Mixpanel…";
    if (list.problem) return `${list.note ? `${list.note}. ` : ""}${list.problem} You can type a name.`;
    if (!list.values.length) return `Mixpanel lists no ${this.noun} here. You can type a name.`;
    return list.note || "";
  }

  // Returns whether the field can take this text as a name. Names are not empty. They have no line breaks, and no
  // spaces at the start or end. The field can't take a name twice.
  canTake(line) {
    return Boolean(line) && line === line.trim() && !/[\r\n]/.test(line) && !this.lines.includes(line);
  }

  linesWith(line) {
    if (!line) return this.lines;
    return this.isAlone ? [line] : [...new Set([...this.lines, line])];
  }

  take(line) { this.write(this.linesWith(line)); }

  drop(line) { this.write(this.lines.filter((other) => other !== line)); }

  write(lines) {
    const before = this.field.value;
    this.field.value = lines.join("\n");
    if (this.field.value !== before) changed(this.field);
  }

  key(event) {
    const { key, target } = event;
    if (target.matches(".select2-selection__choice__remove")) {
      if (["Enter", " ", "Delete", "Backspace"].includes(key)) target.click();
      if (key !== "Tab") event.preventDefault();
      event.stopPropagation();
    } else if (key === "Backspace" && !target.value && this.lines.length) {
      event.preventDefault();
      event.stopPropagation(); // otherwise, Select2 would change the last name back into typed text
      this.drop(this.lines.at(-1));
    } else if (!this.select2.isOpen()) {
      if (key === "ArrowDown") this.$select.select2("open");
    } else if (key === "Tab" && target === this.search && !event.shiftKey && !this.again.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.again.focus();
    } else if (key === "Tab" || (key === "Escape" && target === this.again)) {
      event.stopPropagation();
      this.close(); // the focus returns to the input, and the Tab key moves it to the next field
    }
  }

  paste(event) {
    const lines = event.clipboardData.getData("text").split("\n").map((line) => line.trim()).filter(Boolean);
    if (this.alone() || lines.length < 2) return;
    event.preventDefault();
    this.write([...new Set([...this.lines, ...lines])]);
  }
}

const LOOK_AGAIN = 700;
const LOOKS = 40;
const fetched = new Map();

// Returns a promise of a list of Mixpanel's names: {values: [{value, label, detail}], note, problem}. Fetches each list
// only once per page, unless `again` is true or the list had a problem.
export function listOf(url, project, listName, of = [], again = false) {
  const key = JSON.stringify([project, listName, ...of]);
  if (again || !fetched.has(key)) {
    const coming = fetchList(url, project, listName, of, again);
    fetched.set(key, coming);
    coming.then((list) => { if (list.problem) fetched.delete(key); });
  }
  return fetched.get(key);
}

async function fetchList(url, project, listName, of, again) {
  const data = new FormData();
  data.append("project", project);
  data.append("list", listName);
  for (const name of of) data.append("of", name);
  if (again) data.append("again", "1");
  try {
    for (let look = 0; look < LOOKS; look += 1) {
      const list = await post(url, data);
      if (!list.loading) return list;
      // Another request is fetching the list already, so this loop only waits for the result.
      data.delete("again");
      await new Promise((resolve) => { setTimeout(resolve, LOOK_AGAIN); });
    }
  } catch (error) {
    if (error instanceof Trouble) return { values: [], note: "", problem: error.message };
    throw error;
  }
  return { values: [], note: "", problem: "Mixpanel has not answered yet." };
}
