// Shows a widget's figure in every element with the class "chart": the chart, a legend, texts, and a table of the
// numbers. A figure is JSON (see widgets/charts/__init__.py), inside the element or at the address in data-chart.

import { element, table, tables } from "./tables.js";
import { drawn, legend } from "./drawing.js";
import { describe, headerLine } from "./words.js";

const shown = new Map();

export function show(box, figure, address = "") {
  const before = shown.get(box);
  const wasOpen = box.querySelector(".chart-table")?.open;
  before?.drawing?.dispose();
  const area = element("div", { class: "chart-drawing" });
  const parts = [area];
  const state = { figure, address, drawing: null };
  shown.set(box, state);
  box.className = box.className.replace(/ ?\bchart-of-\w+/g, "") + ` chart-of-${figure.chart}`;
  if (figure.option) {
    area.setAttribute("role", "img");
    area.setAttribute("aria-label", describe(figure));
    state.drawing = drawn(area, figure, before?.drawing?.off);
    const names = legend(figure, state.drawing);
    if (names) parts.push(names);
    else state.drawing.off.clear(); // shows hidden series again: without a legend, the reader has no button for that
  } else if (tables[figure.chart] && figure.rows.length) {
    area.append(...tables[figure.chart](figure));
    // With a tabIndex, people can scroll the table by keyboard.
    if (figure.chart !== "number") Object.assign(area, { tabIndex: 0, role: "region", ariaLabel: figure.title || figure.chart });
  } else {
    area.classList.add("chart-empty");
  }
  const words = [figure.words, isTable(figure) ? figure.cut : "", ...figure.header.map(headerLine)].filter(Boolean);
  parts.push(...words.map((text) => element("p", { class: "chart-words" }, text)));
  if (figure.rows.length && !isTable(figure)) parts.push(foldedTable(figure, wasOpen));
  box.replaceChildren(...parts);
  box.removeAttribute("aria-busy");
}

const isTable = ({ chart }) => chart === "list" || chart === "table";

// Returns a table of the numbers, filled only when somebody opens it: 60 series over a year have 22,000 cells.
function foldedTable(figure, open) {
  const details = element("details", { class: "chart-table" }, element("summary", {}, "Numbers as a table"));
  const fill = () => {
    if (!details.open || details.children.length > 1) return;
    const note = figure.cut ? [element("p", { class: "chart-words" }, figure.cut)] : [];
    const scrolled = element("div", { class: "chart-scroll", tabindex: "0", role: "region", "aria-label": `${figure.title || "Widget"}: numbers` }, table(figure));
    details.append(...note, scrolled);
  };
  details.addEventListener("toggle", fill);
  details.open = Boolean(open);
  fill();
  return details;
}

async function load(box) {
  const address = box.dataset.chart;
  const inside = box.querySelector(":scope > script[type='application/json']");
  if (inside) return show(box, JSON.parse(inside.textContent));
  if (!address || shown.get(box)?.address === address) return undefined; // drawn already: its card was moved
  box.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address, { credentials: "same-origin" });
    if (!response.ok) throw new Error(String(response.status));
    const figure = await response.json();
    if (box.dataset.chart === address) show(box, figure, address);
  } catch {
    if (!shown.has(box)) box.replaceChildren(element("p", { class: "chart-words" }, "This chart can't be loaded now. Reload the page to try again."));
    box.removeAttribute("aria-busy");
  }
  return undefined;
}

const nearby = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    nearby.unobserve(target);
    load(target);
  }
}, { rootMargin: "400px" });

function find(root) {
  if (root.nodeType !== Node.ELEMENT_NODE) return;
  const boxes = root.matches(".chart") ? [root] : root.querySelectorAll(".chart");
  for (const box of boxes) nearby.observe(box);
}

function redraw() {
  for (const { drawing } of shown.values()) drawing?.again();
}

new MutationObserver((changes) => {
  for (const change of changes) {
    if (change.type === "attributes") nearby.observe(change.target);
    else change.addedNodes.forEach(find);
  }
  for (const [box, { drawing }] of shown) {
    if (box.isConnected) continue;
    drawing?.dispose();
    shown.delete(box);
  }
}).observe(document.documentElement, { childList: true, subtree: true, attributeFilter: ["data-chart"] });
new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
find(document.documentElement);
