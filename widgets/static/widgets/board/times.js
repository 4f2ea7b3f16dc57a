// Converts exact times in texts and tooltips from UTC to the person's time zone, and adds the name of the zone.
(() => {
  const full = new Intl.DateTimeFormat(undefined, {
    year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short",
  });

  function localise() {
    for (const time of document.querySelectorAll("time[datetime]")) {
      const moment = new Date(time.dateTime);
      if (Number.isNaN(moment.getTime())) continue;
      const text = full.format(moment);
      if ("local" in time.dataset) {
        if (time.textContent !== text) time.textContent = text;
      } else {
        time.title = text;
      }
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", localise);
  else localise();
  document.addEventListener("mixcyfe:changed", localise);
})();
