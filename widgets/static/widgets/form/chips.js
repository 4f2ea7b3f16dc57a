// A textarea of lines as chips with a searchable list; the textarea stays what is sent.

import { Combobox } from "./combobox.js";
import { changed, element, linesOf } from "./elements.js";

export class Chips {
  // `alone()`: only one line is wanted, which then stands in the input itself.
  constructor(textarea, { source, noun, one, alone = () => false }) {
    this.textarea = textarea;
    this.alone = alone;
    this.one = one;
    this.list = element("ul", { class: "chips" });
    this.input = element("input", { type: "text", id: `${textarea.id}_pick`, class: "vTextField", spellcheck: "false" });
    const help = document.getElementById(`${textarea.id}_helptext`);
    help.textContent = textarea.dataset.help;
    this.input.setAttribute("aria-describedby", help.id);
    for (const label of textarea.labels) label.htmlFor = this.input.id;
    const box = element("div", { class: "chips-box" }, this.list, this.input);
    textarea.before(box);
    textarea.hidden = true;
    this.combobox = new Combobox(this.input, {
      noun,
      source: async (again) => {
        const found = await source(again);
        return { ...found, values: found.values.filter(({ value }) => this.canTake(value)) };
      },
      choose: (entry) => this.take(entry.value),
    });
    this.input.addEventListener("input", () => { if (this.isAlone) this.write([this.input.value], "input"); });
    this.input.addEventListener("change", () => this.take(this.input.value));
    this.input.addEventListener("paste", (event) => this.paste(event));
    this.update();
  }

  get isAlone() { return this.alone() && linesOf(this.textarea).length <= 1; }

  update() {
    const lines = linesOf(this.textarea);
    const alone = this.isAlone;
    this.list.replaceChildren(...(alone ? [] : lines.map((line) => this.chip(line))));
    this.list.hidden = alone || !lines.length;
    this.input.value = alone ? lines[0] || "" : "";
    this.input.placeholder = alone || !lines.length ? `Choose ${this.one}` : `Add ${this.one.replace(/^an? /, "another ")}`;
  }

  chip(line) {
    const remove = element("button", { type: "button", class: "remove", "aria-label": `Remove ${line}` }, "×");
    remove.addEventListener("click", () => {
      this.write(linesOf(this.textarea).filter((other) => other !== line));
      this.input.focus();
    });
    return element("li", {}, element("span", {}, line), remove);
  }

  // A line holds no line's end and nothing blank at its ends; what is there already is not offered again.
  canTake(value) {
    if (value !== value.trim() || !value || /[\r\n]/.test(value)) return false;
    return this.isAlone || !linesOf(this.textarea).includes(value);
  }

  take(text) {
    const line = text.trim();
    if (this.isAlone) this.write(line ? [line] : []);
    else if (line) this.write([...new Set([...linesOf(this.textarea), line])]);
  }

  paste(event) {
    const text = event.clipboardData.getData("text");
    if (this.alone() || !text.trim().includes("\n")) return;
    event.preventDefault();
    for (const line of text.split("\n")) this.take(line);
  }

  write(lines, event) {
    const before = this.textarea.value;
    this.textarea.value = lines.join("\n");
    if (event) this.textarea.dispatchEvent(new Event(event, { bubbles: true }));
    else {
      this.update();
      if (this.textarea.value !== before || this.pending) changed(this.textarea);
    }
    this.pending = Boolean(event);
  }
}
