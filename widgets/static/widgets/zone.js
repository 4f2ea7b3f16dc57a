// Keeps the reader's time zone in a cookie for this page, so that its filters by date use the reader's days.
(() => {
  const pair = `timezone=${Intl.DateTimeFormat().resolvedOptions().timeZone}`;
  const isKnown = () => document.cookie.split("; ").includes(pair);
  if (isKnown()) return;
  document.cookie = `${pair}; path=${location.pathname}; max-age=31536000; samesite=lax`;
  if (isKnown()) location.reload();
})();
