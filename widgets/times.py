"""Writes times for people: “3 minutes ago”, “in 2 hours”."""

from datetime import UTC, datetime, timedelta

from django.utils.html import format_html
from django.utils.safestring import SafeString

UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"))


def span(length: timedelta) -> str:
    """“3 minutes”, “2 days”, or “a moment” for less than a minute."""
    seconds = abs(length.total_seconds())
    for size, unit in UNITS:
        # Uses hours only from 2 hours on, and days only from 2 days on, so that 90 minutes do not become “1 hour”.
        if seconds >= size * (2 if size > 60 else 1):
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return "a moment"


def from_now(then: datetime, now: datetime) -> str:
    """“3 minutes ago”, “in 2 hours”, “just now”."""
    length = then - now
    if abs(length) < timedelta(minutes=1):
        return "in a moment" if length > timedelta(0) else "just now"
    return f"in {span(length)}" if length > timedelta(0) else f"{span(length)} ago"


def utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def time_tag(moment: datetime, words: str = "") -> SafeString:
    """Returns a `<time>` tag that shows the time, or shows `words` and has the time as its title.

    The script `times.js` rewrites the time in the reader's time zone.
    """
    stamp = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if words:
        return format_html('<time datetime="{}" title="{}">{}</time>', stamp, utc(moment), words)
    return format_html('<time datetime="{}" data-local>{}</time>', stamp, utc(moment))
