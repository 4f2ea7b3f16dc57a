// Django's lists with a filter have icons with a label and without a role, which screen readers pass over.
document.addEventListener("DOMContentLoaded", () => {
  addEventListener("load", () => { // registered last, so that Django's own listener has made the icons
    for (const icon of document.querySelectorAll(".help-tooltip[aria-label]")) icon.setAttribute("role", "img");
  });
});
