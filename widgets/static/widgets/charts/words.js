// Writes numbers and dates in the reader's locale, and the sentences about a chart.

const FULL = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const TINY = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 2 });
const COMPACT = new Intl.NumberFormat(undefined, { notation: "compact", maximumSignificantDigits: 3 });
const HUGE = new Intl.NumberFormat(undefined, { notation: "scientific", maximumSignificantDigits: 3 });
const PERCENT = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const COUNTRY = new Intl.DisplayNames(undefined, { type: "region", fallback: "code" });

export function full(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size >= 1e15) return HUGE.format(value);
  return (size && size < 0.01 ? TINY : FULL).format(value);
}

export const compact = (value) => (Math.abs(value) >= 1e15 ? HUGE : Math.abs(value) < 1 ? TINY : COMPACT).format(value);

export const percent = (value) => (Math.abs(value) < 1e5 ? PERCENT.format(value / 100) : `${compact(value)}%`);

// Writes numbers below 100 million as `full` does, and larger numbers in short form, such as 120M.
export const glance = (value) => (Math.abs(value) < 1e8 ? full(value) : compact(value));

export function country(code) {
  try { return COUNTRY.of(code); } catch { return code; }
}

export const cut = (text, most) => (text.length > most ? `${[...text].slice(0, most - 1).join("")}…` : text);

// Whether a cell has a date with a time. Charts show the time as written, in the project's time zone.
export const isHour = (cell) => typeof cell === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(cell);
const isDate = (cell) => typeof cell === "string" && (/^\d{4}-\d\d-\d\d$/.test(cell) || isHour(cell));

// Returns a function that writes a date of these rows in a short but clear form, for example without the year, and
// returns all other cells unchanged. With `long`, days have the year, and hours the minutes.
export function dates(rows, { long = false } = {}) {
  const days = rows.map(([first]) => first).filter(isDate);
  const gap = days.length > 1 ? (Date.parse(days[1]) - Date.parse(days[0])) / 86_400_000 : 1;
  const year = long || Date.parse(days.at(-1)) - Date.parse(days[0]) > 330 * 86_400_000 ? "numeric" : undefined;
  const monthly = gap >= 28 && days.every((day) => day.endsWith("-01"));
  const hour = isHour(days[0]) ? { hour: "numeric", ...(long ? { minute: "2-digit" } : {}) } : {};
  const form = monthly ? { month: "short", year: "numeric" } : { day: "numeric", month: "short", year };
  const format = new Intl.DateTimeFormat(undefined, { ...form, ...hour, timeZone: "UTC" });
  return (cell) => (isDate(cell) ? format.format(new Date(isHour(cell) ? `${cell.slice(0, 19)}Z` : cell)) : cell);
}

// Returns the distance between the first two dates: “Day”, “Week”, “Month”, or an empty text.
export function unitOf([[first], [second] = [""]]) {
  const gap = (Date.parse(second) - Date.parse(first)) / 86_400_000;
  return gap >= 28 ? "Month" : gap === 7 ? "Week" : gap === 1 ? "Day" : "";
}

export function cell(value, date, inPercent = false) {
  if (typeof value === "string") return date(value);
  return inPercent && value !== null ? percent(value) : full(value);
}

const NAMES = { stackedpercentagecolumn: "stacked percentage column", stackedcolumn: "stacked column", stackedarea: "stacked area", stackedbar: "stacked bar", areaspline: "area spline" };

// Returns the text that a screen reader reads instead of the drawing.
export function describe({ chart, title, columns, rows, words }) {
  const date = dates(rows, { long: true });
  const span = isDate(rows[0]?.[0]) ? `, ${date(rows[0][0])} to ${date(rows.at(-1)[0])}` : "";
  const lines = isDate(rows[0]?.[0]) && columns.length < 8 ? `: ${columns.slice(1).join(", ")}` : "";
  return `${title || "Widget"}, ${NAMES[chart] || chart} chart${lines}${span}. ${words || "The numbers follow as a table."}`;
}

export function change(now, before, lessIsBetter) {
  if (!before) return null;
  const share = (100 * (now - before)) / Math.abs(before);
  const good = share === 0 ? "" : (share > 0) !== lessIsBetter ? "good" : "bad";
  return { words: `${share > 0 ? "▲" : share < 0 ? "▼" : "="} ${percent(Math.abs(share))}`, good };
}

export function headerLine([label, total, previous]) {
  const parts = [];
  if (total !== null) parts.push(`total ${full(total)}`);
  if (previous !== null) parts.push(`${full(previous)} in the period before`);
  return `${label}: ${parts.join(", ")}`;
}
