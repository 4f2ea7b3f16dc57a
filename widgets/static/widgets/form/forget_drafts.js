// Deletes all drafts (see draft.js) after a logout, so that the next person at this browser does not see them. Drafts
// stay if the session ends without a logout.
try {
  for (const name of Object.keys(localStorage)) if (name.startsWith("mixcyfe-draft ")) localStorage.removeItem(name);
} catch {
  // The browser forbids storage, so there are no drafts.
}
