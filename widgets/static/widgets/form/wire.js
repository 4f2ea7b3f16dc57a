// POSTs a form to our endpoints. Returns JSON, or throws Trouble with a message for the person.

export class Trouble extends Error {}

const WORDS = {
  403: "The page is too old. Reload it.",
  404: "The widget or project does not exist any more, or you may not see it. Reload the page.",
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
    throw new Trouble("Your browser can't reach MixCyfe. Check your network.");
  }
  if (response.type === "opaqueredirect") {
    throw new Trouble("You are logged out. Log in again in another tab, then continue here.");
  }
  if (!response.ok) {
    throw new Trouble(WORDS[response.status] || `MixCyfe failed (${response.status}). Its log has the reason.`);
  }
  return response.json();
}
