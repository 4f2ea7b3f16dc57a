// Draws a figure with Apache ECharts. The server sends the chart's settings (ECharts calls them `option`). This script
// adds the size, the page's colours and the reader's locale.

import { element } from "./tables.js";
import { compact, country, cut, dates, full, glance, isHour, percent, unitOf } from "./words.js";

const ECHARTS = "../vendor/echarts-6.1.0/echarts.esm.min.js";
const WORLD = new URL("world.json", import.meta.url);

let world;

// Returns the sizes, font and colours for a chart, from its element's style.
function look(node) {
  const style = getComputedStyle(node);
  const [red, green, blue] = style.color.match(/[\d.]+/g).map(Number);
  const faint = (share) => `rgba(${red}, ${green}, ${blue}, ${share})`;
  const dark = red + green + blue > 382;
  return {
    size: parseFloat(style.fontSize), font: style.fontFamily, ink: style.color, dark: Number(dark),
    quiet: faint(0.78), line: faint(0.14), land: faint(0.1), card: dark ? "#1c2128" : "#ffffff",
    width: node.clientWidth, height: node.clientHeight,
  };
}

async function library(chart) {
  const echarts = await import(ECHARTS);
  if (chart === "map" && !world) world = await (await fetch(WORLD)).json();
  if (chart === "map") echarts.registerMap("world", world);
  return echarts;
}

// `off` has the names of the series or slices that the reader has hidden.
export function drawn(node, figure, off = new Set()) {
  let chart = null;
  let frame = 0;
  let gone = false;

  async function paint() {
    const echarts = await library(figure.chart).catch(() => null);
    if (!echarts) {
      if (!chart) node.textContent = "This chart can't be loaded now. Reload the page to try again.";
      return;
    }
    if (gone || !node.clientWidth || !node.clientHeight) return;
    const first = !chart;
    chart ||= echarts.init(node);
    chart.resize();
    const calm = !first || matchMedia("(prefers-reduced-motion: reduce)").matches;
    const option = { ...complete(figure, look(node)), animation: !calm, animationDuration: 400 };
    option.legend = { show: false, selected: Object.fromEntries([...off].map((name) => [name, false])) };
    chart.setOption(option, { notMerge: true });
  }
  const again = () => { cancelAnimationFrame(frame); frame = requestAnimationFrame(paint); };
  const sized = new ResizeObserver(again);
  sized.observe(node);

  return {
    again,
    off,
    toggle(name) {
      if (!off.delete(name)) off.add(name);
      again();
      return !off.has(name);
    },
    dispose() { gone = true; sized.disconnect(); cancelAnimationFrame(frame); chart?.dispose(); },
  };
}

// Returns a legend of HTML buttons, or null if the chart needs none. ECharts draws its own legend in the canvas, where
// people cannot reach it by keyboard.
export function legend(figure, drawing) {
  const [first, ...others] = figure.option.series;
  const slices = first.type === "pie" ? first.data : null;
  const names = slices ? slices.map(({ name }) => name) : [first, ...others].map(({ name }) => name);
  if (!slices && (!first.encode || (!others.length && names[0] === figure.title))) return null;
  const buttons = names.map((name, i) => {
    const swatch = element("span", { class: "swatch", "aria-hidden": "true" });
    const [light, dark] = figure.colors[i % figure.colors.length];
    swatch.style.setProperty("--light", light);
    swatch.style.setProperty("--dark", dark);
    const more = figure.option.yAxis?.length > 1 && i ? " (right axis)" : "";
    const value = slices ? [element("b", {}, glance(slices[i].value))] : [];
    const button = element("button", { type: "button", "aria-pressed": String(!drawing.off.has(name)), title: name }, swatch, element("span", {}, name + more), ...value);
    button.addEventListener("click", () => button.setAttribute("aria-pressed", String(drawing.toggle(name))));
    return button;
  });
  return element("div", { class: "chart-legend", role: "group", "aria-label": "Show or hide" }, ...buttons);
}

function complete(figure, look) {
  const { size, font, ink, dark, line, card } = look;
  const { sum, bounds, shades, target, ...option } = figure.option;
  const [{ type }] = option.series;
  const tooltip = {
    renderMode: "richText", confine: true, backgroundColor: card, borderColor: line, borderWidth: 1,
    padding: size * 0.6, textStyle: { color: ink, fontSize: size, fontFamily: font, lineHeight: size * 1.45 },
  };
  return FINISH[type in FINISH ? type : "dated"]({
    textStyle: { fontFamily: font, fontSize: size, color: ink },
    color: figure.colors.map((pair) => pair[dark]),
    ...option, tooltip,
  }, figure, look);
}

// ECharts would read {name|text} in a tooltip's label as a style. The invisible character U+2060 prevents that.
const plain = (label, most = 255) => wrapped(cut(String(label), most).replaceAll("{", "{\u2060"));

// Breaks a text into lines of at most 40 characters, because ECharts does not wrap the text of a tooltip in a canvas.
const wrapped = (text) => text.replace(/(.{30,40}?\s|.{40})(?=\S)/gu, "$1\n");

// Returns how many names to hide between two visible names of a vertical axis, so that the names do not overlap.
const every = (count, { height, size }) => Math.ceil(count / Math.max(1, Math.floor(height / (size * 1.5)) - 2)) - 1;

// Returns near-black or white for text on this colour, by its luminance (about as in WCAG).
function readableOn(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => (parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#16191d" : "#ffffff";
}

const FINISH = {
  dated(option, figure, look) {
    const { size, quiet, line, height, width } = look;
    const inPercent = figure.chart === "stackedpercentagecolumn";
    const date = dates(figure.rows);
    // In a chart by hour, the last label is wide and centred below the last point, so `grid` leaves space on the right.
    const hourly = option.xAxis.type === "category" && isHour(figure.rows[0]?.[0]);
    const write = inPercent ? percent : full;
    const most = Math.max(1, Math.floor(height / (size * 1.9)) - 3);
    const label = { color: quiet, fontSize: size, hideOverlap: true };
    const finish = (axis) => ({
      ...axis,
      axisLine: { show: axis.type === "category", lineStyle: { color: line } },
      axisTick: { show: false },
      splitNumber: Math.max(2, Math.min(5, Math.round((axis === option.xAxis ? width / 4 : height) / (size * 3.2)))),
      splitLine: { lineStyle: { color: line }, ...axis.splitLine },
      axisLabel: {
        ...label,
        margin: size * 0.8, // otherwise, the lowest value of one axis would touch the first date of the other
        formatter: axis.type === "category" ? date : inPercent ? percent : compact,
        ...(axis.type === "category" && axis === option.yAxis ? { interval: every(figure.rows.length, look) } : {}),
      },
    });
    const axes = (axis) => (Array.isArray(axis) ? axis.map(finish) : finish(axis));
    return {
      dataset: { source: figure.rows, sourceHeader: false },
      ...option,
      grid: { left: size * 0.4, right: hourly ? size * 3.2 : size, top: size, bottom: size * 0.3, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      xAxis: axes(option.xAxis),
      yAxis: axes(option.yAxis),
      series: option.series.map((each) => ({
        ...each,
        lineStyle: { ...each.lineStyle, width: Math.max(2, size / 7) },
        symbolSize: Math.max(6, size / 2),
        barMaxWidth: 60,
        emphasis: { focus: option.series.length > 1 ? "series" : "none" },
        label: { ...each.label, fontSize: size * 0.9, ...(each.label?.position === "inside" ? {} : { color: look.ink }), formatter: ({ value, seriesIndex }) => (inPercent ? percent : compact)(value[seriesIndex + 1]) },
        labelLayout: { hideOverlap: true },
      })),
      tooltip: {
        ...option.tooltip,
        trigger: "axis",
        axisPointer: { type: option.series.some(({ type }) => type === "bar") ? "shadow" : "line", lineStyle: { color: quiet } },
        formatter(points) {
          const size = ({ value, seriesIndex }) => Math.abs(value[seriesIndex + 1]);
          const largest = [...points].sort((one, other) => size(other) - size(one)).slice(0, most);
          const kept = points.filter((point) => largest.includes(point));
          const lines = kept.map(({ marker, seriesName, value, seriesIndex }) => `${marker}${plain(seriesName, points.length > 2 ? 36 : 255)}  ${write(value[seriesIndex + 1])}`);
          if (points.length > kept.length) lines.push(`… and ${points.length - kept.length} more`);
          return [dates(figure.rows, { long: true })(points[0].name), ...lines].join("\n");
        },
      },
    };
  },

  pie(option, figure, look) {
    const { size, ink, card, width, height } = look;
    const roomy = width > size * 48 && height > size * 14;
    const { sum } = figure.option;
    const [pie] = option.series;
    return {
      ...option,
      title: sum === null ? undefined : { text: compact(sum), left: "center", top: "middle", textStyle: { color: ink, fontSize: Math.max(size, Math.min(width, height) * 0.1), fontWeight: 600 } },
      series: [{
        ...pie,
        stillShowZeroSum: false,
        itemStyle: { borderColor: card, borderWidth: 1 },
        label: roomy ? { color: ink, fontSize: size, lineHeight: size * 1.3, width: width * 0.25, overflow: "truncate", formatter: ({ name, percent: share }) => `${name}  ${percent(share)}` } : { show: false },
        labelLine: { show: roomy },
        labelLayout: { hideOverlap: true },
      }],
      tooltip: { ...option.tooltip, trigger: "item", formatter: ({ name, value, percent: share }) => `${plain(name)}\n${full(value)}  (${percent(share)})` },
    };
  },

  funnel(option, figure, look) {
    const { size, ink, quiet, line, height, width } = look;
    const all = option.series[0].data;
    const steps = all.slice(0, Math.max(1, Math.floor(height / (size * 2.9))));
    const { max } = option.series[0];
    const share = (step) => (step.of_before === null ? "" : `  ${percent(step.of_before)}`);
    const above = { inside: true, margin: 0, verticalAlign: "bottom", lineHeight: size * 1.3, padding: [0, 0, size * 0.55, 0], fontSize: size, interval: 0 };
    const axis = { type: "category", inverse: true, axisLine: { show: false }, axisTick: { show: false } };
    return {
      ...option,
      grid: { left: 0, right: 0, top: size * 0.6, bottom: 0 },
      xAxis: { type: "value", max, min: 0, show: false },
      yAxis: [
        { ...axis, data: steps.map(({ name }) => name), axisLabel: { ...above, align: "left", color: ink, width: width * 0.6, overflow: "truncate" } },
        { ...axis, data: steps.map((step) => `${glance(step.value)}${share(step)}`), axisLabel: { ...above, align: "right", color: quiet } },
      ],
      series: [{
        type: "bar", data: steps.map(({ value }) => Math.max(value, 0)), barWidth: size * 0.9, barMinHeight: 2,
        itemStyle: { color: option.color[0], borderRadius: 3 }, showBackground: true,
        backgroundStyle: { color: line, borderRadius: 3 }, label: { show: false },
      }],
      tooltip: {
        ...option.tooltip, trigger: "axis", axisPointer: { type: "none" },
        formatter([{ dataIndex }]) {
          const step = steps[dataIndex];
          const more = step.of_before === null ? [] : [`${percent(step.of_before)} of the step before`, `${percent(step.of_first)} of the first step`];
          return [plain(step.name), full(step.value), ...more].join("\n");
        },
      },
    };
  },

  gauge(option, figure, look) {
    const { size, ink, quiet, line, width, height } = look;
    const [gauge] = option.series;
    const target = figure.option.target;
    const { value, name } = gauge.data[0];
    const radius = Math.max(20, Math.min(width / 2 - size, height * 0.66 - size));
    const arc = Math.max(8, radius * 0.2);
    const words = target > 0 ? `${percent((100 * value) / target)} of ${glance(target)}` : `Target ${glance(target)}`;
    return {
      ...option,
      series: [{
        ...gauge, radius, center: ["50%", "66%"],
        progress: { show: true, width: arc }, axisLine: { lineStyle: { width: arc, color: [[1, line]] } },
        pointer: { show: false }, axisTick: { show: false }, splitLine: { show: false }, axisLabel: { show: false }, anchor: { show: false },
        data: [{ value, name: `${words}\n${cut(name, Math.floor(width / size))}` }],
        detail: { formatter: glance, color: ink, fontSize: Math.max(size, Math.min(radius * 0.42, (radius * 2.2) / glance(value).length)), fontWeight: 600, offsetCenter: [0, "-8%"] },
        title: { color: quiet, fontSize: size, lineHeight: size * 1.4, offsetCenter: [0, "30%"] },
      }],
      tooltip: { ...option.tooltip, formatter: () => `${plain(name)}\n${full(value)}\n${words}` },
    };
  },

  heatmap(option, figure, look) {
    const { size, quiet, dark, card, width, height } = look;
    const { xAxis, yAxis, visualMap, series: [heat] } = option;
    const shades = figure.option.shades[dark];
    const date = dates(figure.rows);
    const users = figure.columns[1] === "Users" && figure.columns.length > 2;
    const unit = users && /^\d+$/.test(xAxis.data[0]) ? `${unitOf(figure.rows)} `.trimStart() : "";
    // Percentages have no decimals if decimals do not fit into the cells.
    const cell = (width - size * 9) / xAxis.data.length;
    const fitting = (write) => cell > size * (0.4 + 0.56 * Math.max(...heat.data.map(([, , value]) => write(value).length)));
    const write = (figure.percent ? [percent, (value) => percent(Math.round(value))] : [compact]).find(fitting);
    const fits = Boolean(write) && (height - size * 2) / yAxis.data.length > size * 1.1;
    const label = { color: quiet, fontSize: size, hideOverlap: true };
    const axis = { axisLine: { show: false }, axisTick: { show: false } };
    const names = figure.rows.map(([day, count]) => (users ? `${date(day)}  (${compact(count)})` : date(day)));
    return {
      ...option,
      grid: { left: 0, right: 0, top: size * 1.6, bottom: size * 0.3, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      xAxis: { ...xAxis, ...axis, axisLabel: { ...label, formatter: (name, i) => (i ? name : unit + name) } },
      yAxis: { ...yAxis, ...axis, data: names, axisLabel: { ...label, interval: every(names.length, look) } },
      visualMap: { ...visualMap, inRange: { color: shades } },
      series: [{
        ...heat,
        data: heat.data.map((value) => ({ value, label: { color: readableOn(shades[Math.round(value[3] * (shades.length - 1))]) } })),
        itemStyle: { borderColor: card, borderWidth: 1 },
        label: { show: fits, fontSize: size * 0.95, formatter: ({ value }) => write(value[2]) },
      }],
      tooltip: {
        ...option.tooltip,
        formatter: ({ value: [column, row, value] }) => `${dates(figure.rows, { long: true })(figure.rows[row][0])}, ${unit.toLowerCase()}${plain(xAxis.data[column])}\n${figure.percent ? percent(value) : full(value)}${users ? ` of ${full(figure.rows[row][1])}` : ""}`,
      },
    };
  },

  map(option, figure, look) {
    const { dark, land, card, quiet, width, height } = look;
    const { bounds, shades } = figure.option;
    const [map] = option.series;
    const pieces = shades[dark].map((color, i) => ({ gt: bounds[i], lte: bounds[i + 1], color }));
    const style = { areaColor: land, borderColor: card, borderWidth: 0.6 };
    return {
      ...option,
      visualMap: { type: "piecewise", show: false, pieces, outOfRange: { color: land } },
      series: [{
        ...map, aspectScale: 1, layoutCenter: ["50%", "50%"], layoutSize: Math.min(width, height * 2.1), showLegendSymbol: false, itemStyle: style, label: { show: false }, select: { disabled: true },
        emphasis: { label: { show: false }, itemStyle: { areaColor: undefined, borderColor: quiet, borderWidth: 1.5 } },
      }],
      tooltip: { ...option.tooltip, trigger: "item", formatter: ({ name, value }) => (name ? `${country(name)}\n${Number.isNaN(value) ? "no data" : full(value)}` : "") },
    };
  },
};
