// The board keeps itself up to date, and filters as one types. Without this it is a plain page with a form.
(() => {
  const EVERY = 45_000;
  const board = document.getElementById("board");
  const search = document.getElementById("q");
  const updated = document.querySelector("[data-updated]");
  if (!board || !search) return;

  // What the server does with ?q=: every word stands in the title or in the project's name.
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

  // What the server sent last, by place: the page itself changes when times become the person's own.
  const sent = new Map();
  const remember = () => document.querySelectorAll("[data-live]").forEach((each) => sent.set(each.dataset.live, each.innerHTML));

  // The same cards in the same places: only what differs is touched, and a picture only once the new one is there.
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
      swap(now.querySelector("[data-picture]"), next.querySelector("[data-picture]").getAttribute("src"));
    }
  }

  async function swap(picture, source) {
    if (picture.getAttribute("src") === source) return;
    const image = new Image();
    image.src = source;
    await image.decode().catch(() => {});
    picture.src = source;
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
      if (response.type === "opaqueredirect") return say("You are logged out: load this page again.");
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
      say("MixCyfe does not answer. It is tried again.");
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
