// Shows as many cards as fit on the wall screen, and the next cards every 20 seconds. On phones, and without this
// script, the page shows all cards and scrolls.
import "./live.js";

const TURN = 20_000;
const FORGOTTEN = 120_000; // after this time without mouse moves, keys or changes of the focus, the cards change again
const PHONE = matchMedia("(max-width: 640px), (max-height: 480px)"); // wall.css has the opposite condition
const SMALLEST = { width: 580, height: 450 }; // the smallest size of a card, in CSS pixels

const board = document.getElementById("board");
const controls = document.querySelector("[data-controls]");
const pause = controls.querySelector("[data-pause]");
let at = 0;
let paused = false;
let moved = 0;
let hovered = false;

// Returns the numbers of columns and rows: as many as fit on the screen, but not more than the cards need.
function grid(number) {
  const { clientWidth, clientHeight } = board;
  const columns = Math.max(1, Math.floor(clientWidth / SMALLEST.width));
  const rows = Math.max(1, Math.floor(clientHeight / SMALLEST.height));
  if (number >= columns * rows) return [columns, rows];
  const few = Math.min(columns, Math.max(Math.ceil(Math.sqrt(number)), Math.ceil(number / rows)));
  return [few, Math.min(rows, Math.ceil(number / few))];
}

function layOut() {
  const cards = [...board.querySelectorAll("[data-card]")];
  document.body.classList.toggle("turning", !PHONE.matches);
  if (PHONE.matches) {
    for (const card of cards) card.hidden = false;
    controls.hidden = true;
    return;
  }
  const [columns, rows] = grid(Math.max(1, cards.length));
  const size = columns * rows;
  const pages = Math.max(1, Math.ceil(cards.length / size));
  at = ((at % pages) + pages) % pages;
  board.style.setProperty("--columns", columns);
  board.style.setProperty("--rows", rows);
  cards.forEach((card, number) => {
    const hide = Math.floor(number / size) !== at;
    if (hide && !card.hidden) forget(card.querySelector(".chart"));
    card.hidden = hide;
  });
  controls.hidden = pages === 1;
  controls.querySelector("[data-place]").textContent = `${at + 1} of ${pages}`;
}

// Replaces a hidden chart with an empty element, because hundreds of charts would fill the memory. chart.js draws the
// chart again when the card is visible again.
function forget(chart) {
  const empty = chart.cloneNode(false);
  empty.className = "chart";
  chart.replaceWith(empty);
}

function turn(step) {
  at += step;
  layOut();
}

const isWatched = () => (hovered || board.contains(document.activeElement)) && Date.now() - moved < FORGOTTEN;

let since = Date.now();
setInterval(() => {
  if (paused || document.hidden || isWatched()) {
    since = Date.now();
  } else if (Date.now() - since >= TURN) {
    since = Date.now();
    turn(1);
  }
}, 1000);

pause.addEventListener("click", () => {
  paused = !paused;
  pause.textContent = paused ? "Resume" : "Pause";
});
for (const [name, step] of [["previous", -1], ["next", 1]]) {
  controls.querySelector(`[data-${name}]`).addEventListener("click", () => { since = Date.now(); turn(step); });
}
board.addEventListener("pointermove", () => { hovered = true; moved = Date.now(); });
board.addEventListener("pointerleave", () => { hovered = false; });
for (const sign of ["focusin", "keydown"]) board.addEventListener(sign, () => { moved = Date.now(); });
addEventListener("resize", layOut);
document.addEventListener("mixcyfe:changed", layOut);
layOut();
