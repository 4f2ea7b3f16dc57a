"""Writes a widget's public page (without login): the chart, the numbers, their age, and links to other formats."""

import hashlib
import json

from django.template.loader import render_to_string

from widgets.formats import formats_for
from widgets.poll.row import PollRow

PAGE = "page"
"""The format of an address without an extension. The page is made from the rendering `FIGURE`."""

HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("X-Content-Type-Options", "nosniff"),
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors *",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("X-Robots-Tag", "noindex"),
)
"""These headers allow every site to show the page in a frame."""


def write_page(slug: str, row: PollRow, reason: str, *, stale: bool) -> tuple[bytes, str]:
    """Returns HTML and ETag. `reason`: why the numbers are old or missing; "" if there is no problem."""
    figure = json.loads(row.body) if row.body is not None and row.fetched_at else None
    context = {
        "slug": slug,
        "version": short_hash(f"{row.etag} {row.fetched_at} {stale} {reason}".encode()),
        "title": figure["title"] if figure else "",
        "figure": figure,
        "formats": formats_for(row),
        "fetched_at": row.fetched_at,
        "stale": stale,
        "reason": reason,
    }
    html = render_to_string("widgets/page.html", context).encode()
    return html, short_hash(html)


def short_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
