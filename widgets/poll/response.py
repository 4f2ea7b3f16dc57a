"""Makes the answer to a poll.

A poll gets the stored data at once, and stale data is refreshed in the background (stale-while-revalidate, RFC 5861). A
poll waits only if the data is missing or very old. A poll of fresh, rendered data needs one SQL statement.
"""

import logging
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import InternalError, OperationalError
from django.utils import timezone
from django.utils.http import http_date

from widgets.formats import FORMATS
from widgets.models import Widget
from widgets.models.slug import SLUG
from widgets.poll import page
from widgets.poll.page import PAGE
from widgets.poll.render import FIGURE, render
from widgets.poll.row import PollRow, find
from widgets.poll.wait import wait_for_data
from widgets.refresh import answering, background, gateway
from widgets.refresh.queue import enqueue, may_queue

logger = logging.getLogger(__name__)

SECURITY_HEADERS = (
    # A browser must not run the answer as a script or page, and must not send the widget's address to other sites.
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("X-Robots-Tag", "noindex"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
HTML = "text/html; charset=utf-8"
PLAIN = ("Content-Type", "text/plain; charset=utf-8")
RECORD_POLLS_EVERY = timedelta(hours=1)
LONGEST_DETAIL = 200
DETAIL = "; detail="
NO_NEW_NUMBERS = "MixCyfe gets no new numbers from Mixpanel now. The board in MixCyfe shows the reason."
"""A public page shows this text instead of the real reason, because people outside the team can see the page."""


@dataclass(slots=True)
class Answer:
    """`after_response`: functions to call after the response was sent.

    `may_be_framed`: other sites may show the response in a frame.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""
    after_response: list[Callable[[], object]] = field(default_factory=list)
    may_be_framed: bool = False


def not_found() -> Answer:
    """The same 404 for unknown addresses, paused widgets and missing formats, so that guesses reveal nothing."""
    return Answer(404, [PLAIN, ("Cache-Control", "no-store"), *SECURITY_HEADERS], b"Not found\n")


def not_allowed() -> Answer:
    return Answer(405, [PLAIN, ("Allow", "GET, HEAD"), *SECURITY_HEADERS], b"This address answers only GET and HEAD.\n")


def broken() -> Answer:
    """The 503 after an error in MixCyfe, such as a lost database."""
    return Answer(
        503,
        [PLAIN, ("Retry-After", "30"), ("Cache-Control", "no-store"), *SECURITY_HEADERS],
        b"MixCyfe can't answer at the moment. The log of MixCyfe shows the reason.\n",
    )


def answer(slug: str, format: str, if_none_match: str = "") -> Answer:
    """`format`: a key of FORMATS, or PAGE for an address without a format; other formats get 404."""
    if format not in (*FORMATS, PAGE) or not SLUG.fullmatch(slug):
        return not_found()
    stored = FIGURE if format == PAGE else format
    row = find(slug, stored)
    if row is None:
        return not_found()
    before = row.fetched_at
    if should_wait(row, timezone.now()):
        try:
            wait_for_data(slug, stored, row)
        except (OperationalError, InternalError):
            # For example, the disk is full. Answer with the stored data.
            logger.exception("a poll could not wait for new data")
        row = find(slug, stored)
        if row is None:
            return not_found()
    if row.fetched_at is not None and row.source_version != row.current_source_version:
        render(row, stored)
    reply = deliver(row, format, if_none_match, waited=row.fetched_at != before)
    if format == PAGE:
        as_page(reply, slug, row, if_none_match)
    reply.after_response = follow_up(row, timezone.now())
    return reply


def as_page(reply: Answer, slug: str, row: PollRow, if_none_match: str) -> None:
    """Turns the answer into the widget's public page."""
    now = timezone.now()
    blocked = NO_NEW_NUMBERS if reason(row, now) else ""
    why = row.problem or blocked or (reply.body.decode().strip() if reply.status == 503 else "")
    reply.body, etag = page.write_page(slug, row, why, stale=row.is_stale(now))
    others = {name for name, _ in (*SECURITY_HEADERS, *page.HEADERS)} | {"ETag"}
    # With no-cache, browsers request the page each time, so an edit is visible at once.
    reply.headers = [
        (name, f"{value}, no-cache" if name == "Cache-Control" else value.partition(DETAIL)[0])
        for name, value in reply.headers
        if name not in others
    ]
    reply.headers += page.HEADERS
    reply.may_be_framed = True
    if reply.status == 503:
        return
    reply.headers.append(("ETag", f'"{etag}"'))
    is_known = if_none_match and matches(if_none_match, f'"{etag}"')
    reply.status, reply.body = (304, b"") if is_known else (200, reply.body)


@dataclass(frozen=True, slots=True)
class Content:
    """A widget's rendering in one format: its bytes, and the headers that do not depend on the time of the poll."""

    body: bytes
    content_type: str
    etag: str
    last_modified: str

    def answer(self, ttl: int, status: str, if_none_match: str) -> Answer:
        """Returns the answer 200 or 304. `ttl`: see `status_of`. `status`: the header Cache-Status."""
        headers = [
            ("ETag", self.etag),
            ("Last-Modified", self.last_modified),
            ("Cache-Control", f"private, max-age={max(0, ttl)}"),
            ("Cache-Status", status),
            *SECURITY_HEADERS,
        ]
        if if_none_match and matches(if_none_match, self.etag):
            return Answer(304, headers)
        return Answer(200, [("Content-Type", self.content_type), *headers], self.body)


def content_of(row: PollRow, format: str, now: datetime) -> Content | None:
    if row.fetched_at is None or row.body is None:
        return None
    body, etag = row.body, row.etag
    if format == "json":
        stale = row.is_stale(now)
        body += f',"fetched_at":"{row.fetched_at.isoformat()}","stale":{"true" if stale else "false"}}}'.encode()
        etag = f"{etag[:20]}-{row.fetched_at.timestamp():.0f}-{stale:d}"
    last_modified = http_date(max(row.fetched_at, row.changed_at).timestamp())
    return Content(body, FORMATS[format].content_type if format in FORMATS else HTML, f'"{etag}"', last_modified)


def seconds_left(due_at: datetime, now: datetime) -> int:
    return int((due_at - now).total_seconds())


def deliver(row: PollRow, format: str, if_none_match: str, *, waited: bool) -> Answer:
    """Returns 200 or 304 from the stored rendering, or 503 if there is none. `waited`: waiting brought new data."""
    now = timezone.now()
    content = content_of(row, format, now)
    if content is None or row.fetched_at is None:
        return unavailable(row, now)
    ttl = seconds_left(row.due_at or row.fetched_at, now)
    return content.answer(ttl, cache_status(row, now, ttl, waited=waited), if_none_match)


def unavailable(row: PollRow, now: datetime) -> Answer:
    """The 503 if there is no data yet, or the chart can't show it. The body is the reason in one line."""
    until = row.blocked_until(now)
    seconds = max(1, int((until - now).total_seconds())) if until else math.ceil(settings.POLL_WAIT) or 1
    line = (
        row.problem
        or reason(row, now)
        or "MixCyfe is getting this data from Mixpanel for the first time. Try again in a moment."
    )
    return Answer(
        503,
        [PLAIN, ("Retry-After", f"{seconds}"), ("Cache-Control", "no-store"), *SECURITY_HEADERS],
        f"{' '.join(line.split())}\n".encode(),
    )


def reason(row: PollRow, now: datetime) -> str:
    """Why the last refresh failed, or why no refresh is possible now; "" if there is no problem."""
    if problem := row.secret_problem:
        return problem
    if row.backoff_until and row.backoff_until > now and row.backoff_message:
        return row.backoff_message
    if row.error:
        return row.error
    if row.full_until and row.full_until > now:
        return "This project's queries for this hour are used up."
    return ""


def status_of(ttl: int) -> str:
    """The header Cache-Status (RFC 9211). `ttl`: the seconds until the data is stale; negative for stale data."""
    return f"mixcyfe; hit; ttl={ttl}"


def cache_status(row: PollRow, now: datetime, ttl: int, *, waited: bool) -> str:
    """The header Cache-Status. If there is a problem, the parameter `detail` contains the reason."""
    status = "mixcyfe; fwd=miss" if waited else status_of(min(ttl, -1) if row.is_stale(now) else ttl)
    detail = row.problem or reason(row, now)
    if detail:
        ascii_only = "".join(c if " " <= c <= "~" and c not in '"\\' else "?" for c in " ".join(detail.split()))
        status += f'{DETAIL}"{ascii_only[:LONGEST_DETAIL]}"'
    return status


def matches(if_none_match: str, etag: str) -> bool:
    """Compares ETags weakly, as RFC 9110 requires for If-None-Match."""
    if if_none_match.strip() == "*":
        return True
    return etag in (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))


def should_wait(row: PollRow, now: datetime) -> bool:
    """Whether the stored data is missing or too old, and a refresh is running or can start now."""
    if not row.is_too_old(now):
        return False
    return row.is_leased(now) or (row.blocked_until(now) is None and not row.secret_problem)


def follow_up(row: PollRow, now: datetime) -> list[Callable[[], object]]:
    """If stale data can be refreshed now, starts the refresh, or returns a function that runs it after the response.

    About once per hour, another returned function stores the time of the poll.
    """
    steps: list[Callable[[], object]] = []
    if row.last_polled_at is None or now - row.last_polled_at >= RECORD_POLLS_EVERY:
        steps.append(partial(record_poll, row.widget_id, now))
    if not row.is_stale(now) or row.is_leased(now) or row.blocked_until(now) is not None:
        return steps
    if problem := row.secret_problem:
        gateway.log_not_refreshed(row.project_id, problem)
    elif settings.TASKS == "celery":
        if may_queue(row.queued_at, now):
            steps.append(partial(enqueue, row.snapshot_id, row.fetched_at))
    elif background.threads():
        background.refresher.hand_over(row.snapshot_id, row.project_id, row.fetched_at)
    elif not background.without_threads.is_resting():
        steps.append(partial(background.without_threads.refresh, row.snapshot_id, row.fetched_at))
    return steps


def record_poll(widget_id: int, now: datetime) -> None:
    """Stores the time of the poll. If the database can't be written now, a later poll stores its own time."""
    with suppress(OperationalError, InternalError), answering.short_write_timeout():
        Widget.objects.filter(pk=widget_id).update(last_polled_at=now)
