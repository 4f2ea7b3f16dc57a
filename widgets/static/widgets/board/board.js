// Filters the board while the person types, and runs the actions of cards without a new page. Without this script, the
// filter and the buttons work as plain forms.
import { load, update } from "./live.js";

const search = document.getElementById("q");
const actions = document.getElementById("card-actions");
const messages = document.querySelector("[data-messages]");
const board = document.getElementById("board");

let typing;
search?.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    const address = new URL(location.href);
    address.searchParams.delete("page");
    if (search.value.trim()) address.searchParams.set("q", search.value);
    else address.searchParams.delete("q");
    history.replaceState(null, "", address);
    update();
  }, 250);
});

async function press(address, name, value, busy) {
  const body = new FormData(actions);
  if (name) body.set(name, value);
  const wait = document.createElement("p");
  wait.textContent = busy ?? "";
  messages.replaceChildren(...(busy ? [wait] : []));
  const page = await load(address, { method: "POST", body });
  wait.remove();
  if (page) messages.replaceChildren(...document.importNode(page.querySelector("[data-messages]"), true).childNodes);
  if (page) await update();
}

actions?.addEventListener("submit", (event) => {
  const button = event.submitter;
  event.preventDefault();
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  const menu = button.closest("details");
  if (menu && button.name !== "place") close(menu); // people often move a card several times, so the menu stays open after a move
  press(button.formAction, button.name, button.value, button.dataset.busy).finally(() => { button.ariaBusy = "false"; });
});

function close(menu) {
  menu.open = false;
  menu.querySelector("summary").focus();
}

// Closes an open menu after Escape or a click outside it. When another menu opens, the browser closes the first menu,
// because all menus have the same `name`.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details.menu[open]");
  if (menu) close(menu);
});

// Moves a card that the person drags by its head.
let dragged = null;
const place = (card, event) => {
  const box = card.getBoundingClientRect();
  return event.clientX < box.left + box.width / 2 ? "before" : "after";
};
const target = (event) => {
  const card = event.target.closest?.("[data-card]");
  return dragged && card && card !== dragged && card.parentElement === dragged.parentElement ? card : null;
};
const unmark = () => board.querySelectorAll("[data-drop]").forEach((card) => card.removeAttribute("data-drop"));
const movable = (card) => card?.querySelector('[data-do="up"]');

board.addEventListener("pointerdown", (event) => {
  const card = event.target.closest(".card-head")?.closest("[data-card]");
  if (card && movable(card) && !event.target.closest("details")) card.draggable = true;
});
board.addEventListener("dragstart", (event) => {
  const card = event.target.closest?.("[data-card][draggable=true]");
  if (!card) return;
  dragged = card;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", card.dataset.card);
});
board.addEventListener("dragover", (event) => {
  const card = target(event);
  unmark();
  if (!card) return;
  event.preventDefault();
  card.dataset.drop = place(card, event);
});
board.addEventListener("drop", (event) => {
  const card = target(event);
  if (!card) return;
  event.preventDefault();
  const where = place(card, event);
  card[where](dragged);
  press(movable(dragged).formAction, "place", `${where} ${card.id.replace("card-", "")}`);
});
board.addEventListener("dragend", () => {
  unmark();
  dragged?.removeAttribute("draggable");
  dragged = null;
});
