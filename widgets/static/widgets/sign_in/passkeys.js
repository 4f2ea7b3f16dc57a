// Shows the buttons for passkeys, because they need a script. Shows a message if the browser's passkey dialog fails or
// is cancelled.
for (const each of document.querySelectorAll("[data-needs-passkeys]")) each.hidden = !window.PublicKeyCredential;
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const said = document.querySelector("[data-passkey-failed]");
  said.hidden = false;
  said.focus();
});
