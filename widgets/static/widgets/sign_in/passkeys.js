// Shows the passkey buttons if the browser supports passkeys. If the browser's passkey dialog fails or is cancelled,
// shows a message.
for (const each of document.querySelectorAll("[data-needs-passkeys]")) each.hidden = !window.PublicKeyCredential;
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const said = document.querySelector("[data-passkey-failed]");
  said.hidden = false;
  said.focus();
});
