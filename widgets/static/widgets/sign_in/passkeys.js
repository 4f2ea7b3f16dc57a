// Shows the buttons for passkeys if the browser knows passkeys, and a message if its dialog fails or is cancelled.
for (const each of document.querySelectorAll("[data-needs-passkeys]")) each.hidden = !window.PublicKeyCredential;
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const said = document.querySelector("[data-passkey-failed]");
  said.hidden = false;
  said.focus();
});
