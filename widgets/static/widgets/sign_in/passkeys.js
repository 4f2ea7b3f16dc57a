// Shows the buttons that need a script, and shows a message when the browser or the person ended a passkey's dialog.
for (const each of document.querySelectorAll("[data-needs-passkeys]")) each.hidden = !window.PublicKeyCredential;
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const said = document.querySelector("[data-passkey-failed]");
  said.hidden = false;
  said.focus();
});
