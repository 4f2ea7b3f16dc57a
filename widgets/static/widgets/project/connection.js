// Tests the connection to Mixpanel with the values in a project's form, without saving. (Without this script, the test
// saves the project first.) Another button copies Mixpanel's limits into the form.

import { element, post, Trouble } from "../form/page.js";

function test(place) {
  const button = place.querySelector("[data-test]");
  const result = place.querySelector("[data-result]");
  const form = button.form;
  const names = ["region", "project_id", "workspace_id", "timezone", "engine", "auth", "username", "new_secret"];
  button.textContent = button.dataset.label;
  button.type = "button";
  place.querySelector("[data-note]").textContent = "The test costs one query, or two if Mixpanel refuses the first. It saves nothing.";

  button.addEventListener("click", async () => {
    const body = new FormData();
    for (const name of names) body.set(name, form.elements[name]?.value ?? "");
    if (place.dataset.project) body.set("project", place.dataset.project);
    button.disabled = true;
    show("busy", "Asking Mixpanel… ");
    // Screen readers read the text once, without the seconds.
    const seconds = element("span", { "aria-hidden": "true" });
    result.firstChild.append(seconds);
    const begun = Date.now();
    const clock = setInterval(() => { seconds.textContent = `${Math.round((Date.now() - begun) / 1000)} s`; }, 1000);
    try {
      const verdict = await post(place.dataset.connection, body);
      show(verdict.ok ? "ok" : "wrong", verdict.title, verdict.text, verdict.errors);
      if (verdict.timezone) suggestZone(verdict.timezone);
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      show("wrong", error.message);
    } finally {
      clearInterval(clock);
      button.disabled = false;
    }
  });

  // Writes Mixpanel's time zone into the form. If the person has chosen a wrong time zone, shows a button instead.
  function suggestZone(timezone) {
    const field = form.elements.timezone;
    if (!field.value) {
      field.value = timezone;
      result.append(element("p", {}, "The form now has this time zone."));
    } else if (result.classList.contains("connection-wrong")) {
      const use = element("button", { type: "button", class: "button" }, `Use ${timezone}`);
      use.addEventListener("click", () => {
        field.value = timezone;
        field.focus();
        show("outdated", "The form now has this time zone. Save the project to use it.");
      });
      result.append(use);
    }
  }

  function show(state, title, text = "", errors = {}) {
    result.className = `connection-result connection-${state}`;
    result.replaceChildren(element("strong", {}, title));
    if (text) result.append(element("p", {}, text));
    const list = element("ul");
    for (const [name, texts] of Object.entries(errors)) {
      const field = form.elements[name];
      const label = field && field.labels && field.labels[0] ? field.labels[0].textContent.replace(/:$/, "") : "";
      for (const words of texts) list.append(element("li", {}, label ? `${label}: ${words}` : words));
    }
    if (list.children.length) result.append(list);
  }

  // The test's result belongs to the old values.
  form.addEventListener("input", (event) => {
    if (names.includes(event.target.name) && result.childElementCount && !button.disabled) {
      show("outdated", "The form has changed since the test. Test again.");
    }
  });
}

function limits() {
  const button = document.querySelector("[data-use-limits]");
  if (!button) return;
  const fields = ["hourly_limit", "concurrent_limit"]
    .map((name) => [document.getElementsByName(name)[0], button.dataset[name]])
    .filter(([field, limit]) => field && limit);
  button.hidden = fields.every(([field, limit]) => field.value === limit);
  button.addEventListener("click", () => {
    for (const [field, limit] of fields) field.value = limit;
    fields[0][0].focus();
    button.hidden = true;
    button.parentElement.append(" Save the project to use these limits.");
  });
}

const place = document.querySelector("[data-connection]");
if (place) test(place);
limits();
