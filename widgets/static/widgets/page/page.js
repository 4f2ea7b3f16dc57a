// Shows new numbers without a reload. The server answers 304 while nothing has changed.
(() => {
  const EVERY = 60_000;
  let last = Date.now();
  let known = "";

  async function update() {
    if (document.hidden || Date.now() - last < EVERY / 2) return;
    last = Date.now();
    const response = await fetch(location.href, { cache: "no-cache" }).catch(() => null);
    // A replaced address answers 404. The page then keeps its last numbers, with their time.
    if (!response || (response.status !== 200 && response.status !== 503)) return;
    const tag = response.headers.get("ETag") || "";
    if (known && tag === known) return;
    known = tag;
    const next = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("widget");
    const wasOpen = document.querySelector(".chart-table[open]");
    if (!next || wasOpen) return; // nobody loses the table that they read
    document.getElementById("widget").replaceWith(next);
    document.dispatchEvent(new Event("mixcyfe:changed"));
  }

  setInterval(update, EVERY);
  document.addEventListener("visibilitychange", update);
})();
