// Our own endpoints: POST a form, get JSON, or an error whose message may be shown.

export class Trouble extends Error {}

const WORDS = {
  403: "The page is too old to go on with. Reload it.",
  404: "This is not there any more, or not yours to see. Reload the page.",
};

export async function post(url, data, signal) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      body: data,
      signal,
      redirect: "manual",
      headers: { "X-CSRFToken": token, Accept: "application/json" },
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble("MixCyfe can't be reached just now. Is the network there?");
  }
  if (response.type === "opaqueredirect") {
    throw new Trouble("You are logged out by now. Log in again in another tab, then go on here.");
  }
  if (!response.ok) {
    throw new Trouble(WORDS[response.status] || `MixCyfe failed (${response.status}). Its log says why.`);
  }
  return response.json();
}
