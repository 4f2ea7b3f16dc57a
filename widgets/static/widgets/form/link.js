// Fills the form from a pasted Mixpanel link.

import { changed, element } from "./elements.js";
import { post, Trouble } from "./wire.js";

export function link(form, url) {
  const input = form.querySelector("[data-link]");
  if (!input) return;
  const said = element("p", { role: "status", class: "link-said" });
  input.after(said);
  let timer;

  async function read() {
    const text = input.value.trim();
    said.className = "link-said";
    said.textContent = "";
    if (!text) return;
    const data = new FormData();
    data.append("link", text);
    try {
      const found = await post(url, data);
      if (found.problem) throw new Trouble(found.problem);
      fill(found.fields);
      input.value = "";
      said.classList.add("good");
      said.textContent = "The form is filled in.";
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      said.classList.add("bad");
      said.textContent = error.message;
    }
  }

  function fill(fields) {
    for (const [name, value] of Object.entries(fields)) {
      form.elements[name].value = value;
      changed(form.elements[name]);
    }
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(read, 250); });
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}
