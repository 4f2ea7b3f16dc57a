// Fetches an open board again every 45 seconds while its tab is visible, and replaces only the parts that changed.
const EVERY = 45_000;
const board = document.getElementById("board");
const updated = document.querySelector("[data-updated]");

// Name of a part of the page (`data-live`) → its HTML when this script last read or replaced it. The script does not
// compare the page itself with the server's HTML, because times.js changes the times on the page.
const sent = new Map();
const remember = () => document.querySelectorAll("[data-live]").forEach((each) => sent.set(each.dataset.live, each.innerHTML));
const cards = (root) => [...root.querySelectorAll("[data-card]")].map((card) => card.id).join();

function say(words) {
  if (updated.textContent !== words) updated.textContent = words;
}

function patch(page) {
  for (const next of page.querySelectorAll("[data-live]")) {
    const place = next.dataset.live;
    const now = document.querySelector(`[data-live="${CSS.escape(place)}"]`);
    if (!now || sent.get(place) === next.innerHTML) continue;
    sent.set(place, next.innerHTML);
    now.innerHTML = next.innerHTML;
  }
  for (const next of page.querySelectorAll("[data-card]")) {
    const now = document.getElementById(next.id);
    if (!now) continue;
    now.className = next.className;
    now.dataset.card = next.dataset.card;
    const [old, chart] = [now, next].map((card) => card.querySelector("[data-chart]"));
    if (old && old.dataset.chart !== chart.dataset.chart) old.dataset.chart = chart.dataset.chart;
  }
}

// Replaces the list of cards. If a card is in both lists, uses the old element, so that its chart is not drawn again.
function rebuild(next) {
  const fresh = document.importNode(next, true);
  for (const card of fresh.querySelectorAll("[data-card]")) {
    const old = document.getElementById(card.id);
    if (old) card.replaceWith(old);
  }
  board.replaceChildren(...fresh.childNodes);
  remember();
}

function show(page) {
  const next = page.getElementById("board");
  const focused = document.activeElement;
  const key = focused?.dataset.do;
  const card = focused?.closest("[data-card]")?.id;
  document.title = page.title;
  patch(page);
  if (!next.querySelector("[data-card]") || cards(next) !== cards(board)) rebuild(next);
  if (card && document.activeElement !== focused) {
    const now = document.getElementById(card);
    const again = focused.isConnected ? focused : now?.querySelector(`[data-do="${CSS.escape(key ?? "")}"]:enabled`);
    (again ?? now?.querySelector("a, summary"))?.focus({ preventScroll: true });
  }
  document.dispatchEvent(new Event("mixcyfe:changed"));
}

// Returns the page at this address. If that fails, returns null and shows the reason on the current page. An aborted
// request also returns null, but shows nothing.
export async function load(address, options = {}) {
  try {
    const response = await fetch(address, { cache: "no-store", ...options });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (response.ok && page.getElementById("board")) {
      say("");
      return page;
    }
    if (response.status === 404 && options.method) say("This widget was deleted, or you no longer have access to it.");
    else if (response.status === 404) say("This board is no longer shared.");
    else if (response.ok) say("You are logged out. Reload this page.");
    else if (response.status === 403) say("You are not allowed to do that, or this page has expired. Reload this page.");
    else throw new Error(String(response.status));
    if (response.status === 404 && !options.method) board.replaceChildren();
  } catch (error) {
    if (error.name !== "AbortError") say(`MixCyfe does not answer. ${options.method ? "Reload this page to see whether the action worked." : "This page tries again."}`);
  }
  return null;
}

let last = Date.now();
let running = null;
// Fetches the board and shows the changes. Aborts an earlier update, because the board's address can have changed.
export async function update() {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  const page = await load(location.href, { headers: { "X-Live-Update": "1" }, signal: mine.signal });
  if (running !== mine) return;
  if (page) show(page);
  running = null;
  last = Date.now();
}

remember();
setInterval(() => document.hidden || running || update(), EVERY);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && Date.now() - last > EVERY / 2) update();
});
document.addEventListener("mixcyfe:update", update);
