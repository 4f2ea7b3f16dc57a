// After a logout, the next person at this browser finds no drafts (see draft.js). A session that ends by itself keeps them.
try {
  for (const name of Object.keys(localStorage)) if (name.startsWith("mixcyfe-draft ")) localStorage.removeItem(name);
} catch {
  // The browser stores nothing, so there are no drafts.
}
