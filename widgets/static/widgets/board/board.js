// Updates the board, and filters it while a person types. Without this script the board is a page with a form.
(() => {
  const EVERY = 45_000;
  const board = document.getElementById("board");
  const search = document.getElementById("q");
  const updated = document.querySelector("[data-updated]");
  if (!board || !search) return;

  // Like the server's ?q=: the title or the project's name contains every word.
  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const section of board.querySelectorAll("[data-project]")) {
      let here = 0;
      for (const card of section.querySelectorAll("[data-card]")) {
        const text = `${card.dataset.card}\n${section.dataset.project}`.toLowerCase();
        card.hidden = !words.every((word) => text.includes(word));
        here += card.hidden ? 0 : 1;
      }
      section.hidden = here === 0;
      shown += here;
    }
    const none = board.querySelector("[data-none]");
    if (none) none.hidden = shown > 0 || !board.querySelector("[data-card]");
  }

  const cards = (root) => [...root.querySelectorAll("[data-card]")].map((card) => card.id).join();

  // Place → HTML as the server sent it last. The page's own HTML differs, because times.js changes the times.
  const sent = new Map();
  const remember = () => document.querySelectorAll("[data-live]").forEach((each) => sent.set(each.dataset.live, each.innerHTML));

  // If the cards are the same, changes only the differences.
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
      const [chart, address] = [now.querySelector("[data-chart]"), next.querySelector("[data-chart]").dataset.chart];
      if (chart.dataset.chart !== address) chart.dataset.chart = address; // chart.js draws it
    }
  }

  function say(words) {
    if (updated) updated.textContent = words;
  }

  let last = Date.now();
  let running = false;
  async function update() {
    if (document.hidden || running) return;
    running = true;
    try {
      const response = await fetch(location.href, { cache: "no-store", redirect: "manual" });
      if (response.type === "opaqueredirect") return say("You are logged out. Reload this page.");
      if (!response.ok) throw new Error(String(response.status));
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const next = page.getElementById("board");
      if (!next) throw new Error("no board");
      if (cards(next) === cards(board)) {
        patch(page);
      } else {
        const focused = document.activeElement && document.activeElement.closest("[data-card]");
        patch(page);
        board.replaceChildren(...next.childNodes);
        remember();
        if (focused) document.getElementById(focused.id)?.querySelector("a")?.focus({ preventScroll: true });
      }
      filter();
      document.dispatchEvent(new Event("mixcyfe:changed"));
      say("");
    } catch {
      say("MixCyfe does not answer. This page tries again.");
    } finally {
      last = Date.now();
      running = false;
    }
  }

  search.addEventListener("input", filter);
  board.addEventListener("click", (event) => {
    if (!event.target.closest("[data-clear]")) return;
    search.value = "";
    filter();
    search.focus();
  });
  remember();
  setInterval(update, EVERY);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - last > EVERY / 2) update();
  });
  document.addEventListener("mixcyfe:update", update);
  filter();
})();
