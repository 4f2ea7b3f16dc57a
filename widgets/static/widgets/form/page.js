// Functions that the scripts of the forms share.

// Adds texts as text nodes, never as HTML, because attackers can send events with HTML in their names to Mixpanel.
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  set(made, attributes);
  made.append(...children);
  return made;
}

export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}

// Returns the part of the form that contains the field, its label and its errors.
export function placeOf(form, name) {
  const box = form.querySelector(`.fieldBox.field-${name}`);
  return box ? box.parentElement : form.querySelector(`.form-row.field-${name}`);
}

export function changed(field) {
  for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
}

export const linesOf = (field) => field.value.split("\n").map((line) => line.trim()).filter(Boolean);

// Adds the element with this id to the field's description for screen readers, or removes it if `isOn` is false.
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
  404: "The widget or project does not exist any more, or you have no access to it. Reload the page.",
};

const token = () => document.querySelector("[name=csrfmiddlewaretoken]");

// Returns the JSON of MixCyfe's answer, or throws Trouble with a message for the person. An aborted request throws
// fetch's AbortError.
export async function post(url, data, signal) {
  data.delete("csrfmiddlewaretoken"); // Django would use this old token instead of the newer token in the header
  const send = () => ask(url, {
    method: "POST",
    body: data,
    signal,
    headers: { "X-CSRFToken": token().value, Accept: "application/json" },
  });
  let response = await send();
  if (response.status === 403 && await renew(signal)) response = await send();
  if (!response.ok) {
    throw new Trouble(WORDS[response.status] || `MixCyfe failed with HTTP status ${response.status}. The reason is in MixCyfe's log.`);
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

// Fetches a new CSRF token, because a login in another tab or deleted cookies make the form's token invalid. Returns
// whether the token has changed.
async function renew(signal) {
  const page = await (await ask(location.href, { signal })).text();
  const found = new DOMParser().parseFromString(page, "text/html").querySelector("[name=csrfmiddlewaretoken]");
  if (!found || found.value === token().value) return false;
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = found.value;
  return true;
}
