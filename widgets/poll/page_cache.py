"""Keeps ready answers in this process, so that a poll of fresh data reads nothing from the database.

Such an answer is called a page. It is valid until its data changes (see `changes`), its data becomes stale, or the next
poll must be recorded. So an answer from a page never needs work after the response.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import random

from django.db import connection

from widgets.poll.changes import Changes
from widgets.poll.changes_sqlite import SqliteChanges
from widgets.poll.response import RECORD_POLLS_EVERY, Answer, Content, content_of, reason, seconds_left, status_of
from widgets.poll.row import PollRow

MAX_BYTES = 32 * 2**20

KEPT_WHEN_FULL = 1 / 16
"""The share of new pages that a full cache keeps. Otherwise, widgets that are polled in turn and don't all fit would
push each other out before their next polls ("bimodal insertion", https://doi.org/10.1145/1250662.1250709)."""

BYTES_OF_A_PAGE = 2000
"""Memory that a page needs in addition to its body: for its address, headers and times."""


@dataclass(slots=True)
class Page:
    """Fresh data without a problem. `change`: the number of the newest change before the data was read."""

    content: Content
    made_at: datetime
    due_at: datetime
    ends_at: datetime
    names: tuple[str, ...]
    change: int
    this_second: tuple[int | None, list[tuple[str, str]]] = (None, [])
    """The `ttl` and the headers of the last answer. Most polls within one second share them."""

    def answer(self, now: datetime, if_none_match: str) -> Answer:
        ttl = seconds_left(self.due_at, now)
        if if_none_match:
            return self.content.answer(ttl, status_of(ttl), if_none_match)
        known, headers = self.this_second
        if known != ttl:
            headers = self.content.answer(ttl, status_of(ttl), "").headers
            self.this_second = ttl, headers
        return Answer(200, headers, self.content.body)

    @property
    def size(self) -> int:
        return BYTES_OF_A_PAGE + len(self.content.body)


class PageCache:
    """Pages by address. The least recently used ones make room for new ones."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        self._lock = threading.Lock()
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._bytes = 0

    def get(self, address: str, now: datetime) -> Page | None:
        """The page if it still holds, else None. Call `changes.latest()` first."""
        page = self._pages.get(address)
        if page is None or not page.made_at <= now < page.ends_at:
            return None
        if not self.changes.none_since(page.change, page.names):
            return None
        with self._lock:
            if address in self._pages:
                self._pages.move_to_end(address)
        return page

    def keeps(self, address: str) -> bool:
        """Whether the cache keeps a new page of this address. If not, the page need not be made."""
        return address in self._pages or self._bytes + BYTES_OF_A_PAGE < MAX_BYTES or random() < KEPT_WHEN_FULL  # noqa: S311 - no secret

    def put(self, address: str, page: Page) -> None:
        with self._lock:
            if (old := self._pages.pop(address, None)) is not None:
                self._bytes -= old.size
            if page.size > MAX_BYTES:
                return
            self._pages[address] = page
            self._bytes += page.size
            while self._bytes > MAX_BYTES:
                self._bytes -= self._pages.popitem(last=False)[1].size


def page_of(row: PollRow, format: str, now: datetime, change: int) -> Page | None:
    """The page of fresh data without a problem, else None."""
    if row.due_at is None or row.due_at <= now or row.last_polled_at is None or row.problem or reason(row, now):
        return None
    content = content_of(row, format, now)
    if content is None or connection.in_atomic_block or getattr(connection, "read_only_until", None) is not None:
        # A transaction sees changes that no other connection is told of yet. SQLite looks for no changes of a database
        # that was opened as immutable.
        return None
    names = (f"w{row.widget_id}", f"p{row.project_id}", f"s{row.snapshot_id}")
    ends_at = min(row.due_at, row.last_polled_at + RECORD_POLLS_EVERY)
    return Page(content, now, row.due_at, ends_at, names, change)


def new_cache() -> PageCache:
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "postgresql":
        from widgets.poll.changes_postgres import PostgresChanges

        return PageCache(PostgresChanges())
    if connection.vendor == "sqlite" and not name.startswith((":memory:", "file:")):
        return PageCache(SqliteChanges(Path(name)))
    return PageCache(Changes())
