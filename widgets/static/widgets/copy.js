// Copies a text when somebody presses a <button data-copy="id of the element with the text">. A click on an input with
// `data-select-all` selects its whole text.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) {
    const source = document.getElementById(button.dataset.copy);
    const said = button.parentElement.querySelector("[data-copied]");
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    try {
      // Browsers allow `navigator.clipboard` only on https pages and on localhost. `execCommand` works on all pages.
      if (navigator.clipboard && window.isSecureContext) await navigator.clipboard.writeText(source.value ?? source.textContent);
      else if (!document.execCommand("copy")) throw new Error("refused");
      said.textContent = "Copied";
    } catch {
      said.textContent = "Press Ctrl+C or ⌘C to copy";
    }
    setTimeout(() => { said.textContent = ""; }, 4000);
  } else if (event.target.matches("[data-select-all]")) {
    event.target.select();
  }
});
