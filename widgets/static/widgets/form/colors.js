// A colour picker for every label of the preview. The form still sends the textarea's lines.

import { changed, element, linesOf } from "./elements.js";

const MOST = 24;

export function colors(textarea, panel) {
  const box = element("div", { class: "swatches" });
  textarea.after(box);

  panel.addEventListener("shown", ({ detail }) => {
    if (box.contains(document.activeElement)) return; // the person is picking a colour
    box.replaceChildren(...detail.colors.slice(0, MOST).map(([label, color]) => swatch(label, color, detail.colors)));
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

  // Turns colours by position into colours by label.
  function byLabel(drawn) {
    const lines = linesOf(textarea);
    if (!lines.some((line) => line.includes("="))) return new Map(lines.map((color, i) => [drawn[i]?.[0] ?? "", color]));
    return new Map(lines.map((line) => {
      const at = line.lastIndexOf(" = ");
      return [line.slice(0, at).trim(), line.slice(at + 3).trim()];
    }));
  }
}
