// Functions that the form's scripts share: they make elements, and send POSTs to MixCyfe.

// Texts become text nodes, never HTML, because attackers can send events with any name.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  set(made, attributes);
  made.append(...children);
  return made;
}

export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}

// The part of the form around a field: its row, or its box in a row with several fields.
export function placeOf(form, name) {
  const box = form.querySelector(`.fieldBox.field-${name}`);
  return box ? box.parentElement : form.querySelector(`.form-row.field-${name}`);
}

export function changed(field) {
  for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
}

export const linesOf = (field) => field.value.split("\n").map((line) => line.trim()).filter(Boolean);

// Adds the element with this id to the description that screen readers read at a field, or removes it.
export function describe(control, id, isOn) {
  if (!control || !id) return;
  const ids = new Set((control.getAttribute("aria-describedby") || "").split(" ").filter(Boolean));
  if (isOn) ids.add(id);
  else ids.delete(id);
  control.setAttribute("aria-describedby", [...ids].join(" "));
}

export class Trouble extends Error {}

const LOGGED_OUT = "You are logged out. Log in again in another tab, then continue here. Your entries stay.";
const WORDS = {
  403: "This page has expired. Copy your entries before reloading.",
  404: "The widget or project does not exist any more, or you may not see it. Reload the page.",
};

const token = () => document.querySelector("[name=csrfmiddlewaretoken]");

// POSTs a form to MixCyfe. Returns JSON, or throws Trouble with a message for the person.
export async function post(url, data, signal) {
  data.delete("csrfmiddlewaretoken"); // Django would read it before the header
  const send = () => ask(url, {
    method: "POST",
    body: data,
    signal,
    headers: { "X-CSRFToken": token().value, Accept: "application/json" },
  });
  let response = await send();
  if (response.status === 403 && await renew(signal)) response = await send();
  if (!response.ok) {
    throw new Trouble(WORDS[response.status] || `MixCyfe failed (${response.status}). Its log has the reason.`);
  }
  return response.json();
}

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, { redirect: "manual", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble("Your browser can't reach MixCyfe. Check your network.");
  }
  if (response.type === "opaqueredirect") throw new Trouble(LOGGED_OUT);
  return response;
}

// Fetches a new token from this page's address, because a login in another tab, or cleared cookies, make the form's
// token invalid. Returns whether there is a new one.
async function renew(signal) {
  const page = await (await ask(location.href, { signal })).text();
  const found = new DOMParser().parseFromString(page, "text/html").querySelector("[name=csrfmiddlewaretoken]");
  if (!found || found.value === token().value) return false;
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = found.value;
  return true;
}
