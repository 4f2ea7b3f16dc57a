// Stores the reader's time zone in a cookie for this page, so that the page's date filters use days in this time zone.
(() => {
  const pair = `timezone=${Intl.DateTimeFormat().resolvedOptions().timeZone}`;
  const isKnown = () => document.cookie.split("; ").includes(pair);
  if (isKnown()) return;
  document.cookie = `${pair}; path=${location.pathname}; max-age=31536000; samesite=lax`;
  if (isKnown()) location.reload();
})();
