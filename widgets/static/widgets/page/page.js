// Updates a widget's page every minute while its tab is visible, without a reload.
(() => {
  const EVERY = 60_000;
  let last = Date.now();

  async function update() {
    last = Date.now();
    const response = await fetch(location.href, { cache: "no-cache" }).catch(() => null);
    // A replaced address answers 404. The page then keeps the last numbers and their time.
    if (!response || (response.status !== 200 && response.status !== 503)) return;
    const next = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("widget");
    const now = document.getElementById("widget");
    if (!next || next.dataset.version === now.dataset.version) return;
    if (now.querySelector(".chart-table[open]")) return; // the person reads the table
    now.replaceWith(next);
    document.dispatchEvent(new Event("mixcyfe:changed"));
  }

  const look = () => document.hidden || Date.now() - last < EVERY / 2 || update();
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
})();
