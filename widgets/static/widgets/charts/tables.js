// Draws the charts that consist of HTML: number, list and table. Texts are added as text nodes, never as HTML.

import { cell, change, dates, full, glance } from "./words.js";

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export function table({ title, columns, rows, percent, chart }) {
  const date = dates(rows, { long: true });
  // A pie's data has one column per label. Its table has one row per label.
  const turned = chart === "pie" || chart === "donut";
  const heads = turned ? ["Label", "Value"] : columns;
  const lines = turned ? columns.map((label, i) => [label, rows[0][i]]) : rows;
  const head = element("tr", {}, ...heads.map((name) => element("th", { scope: "col", title: name }, element("span", {}, name))));
  const body = lines.map((line) => element("tr", {}, ...line.map((value, i) => {
    const inPercent = percent && i > 0 && heads[i] !== "Users";
    if (i === 0 && typeof value === "string") return element("th", { scope: "row" }, cell(value, date));
    return element("td", typeof value === "number" ? { class: "number" } : {}, cell(value, date, inPercent));
  })));
  return element("table", {}, element("caption", {}, title || "Numbers"), element("thead", {}, head), element("tbody", {}, ...body));
}

function number({ columns, rows, reverse, colored, colors }) {
  const [[value], before] = rows;
  const words = glance(value);
  const figure = element("p", { class: "chart-number" }, words);
  if (colored) {
    figure.classList.add("colored");
    figure.style.setProperty("--light", colors[0][0]);
    figure.style.setProperty("--dark", colors[0][1]);
  }
  const parts = [element("p", { class: "chart-name" }, columns[0]), figure];
  if (before) {
    const difference = change(value, before[0], reverse);
    const line = element("p", { class: "chart-before" }, `${full(before[0])} before`);
    if (difference) line.prepend(element("b", difference.good ? { class: difference.good } : {}, difference.words), " ");
    parts.push(line);
  }
  return parts;
}

export const tables = { number, list: (figure) => [table(figure)], table: (figure) => [table(figure)] };
