// Copy buttons: <button data-copy="id of an input">. Without JavaScript, people copy the input's text by hand.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) {
    const input = document.getElementById(button.dataset.copy);
    const said = button.parentElement.querySelector("[data-copied]");
    input.select();
    try {
      // Only https pages and localhost may use the clipboard. The old command works everywhere.
      if (navigator.clipboard && window.isSecureContext) await navigator.clipboard.writeText(input.value);
      else if (!document.execCommand("copy")) throw new Error("refused");
      said.textContent = "Copied";
    } catch {
      said.textContent = "Press Ctrl+C to copy";
    }
    setTimeout(() => { said.textContent = ""; }, 4000);
  } else if (event.target.matches("[data-select-all]")) {
    event.target.select();
  }
});
