"""Caches answers ("pages") to polls in this process, so that a poll of fresh data reads no table of the database.

A page is valid until its data changes (see `changes`) or becomes stale, or until the time of the widget's next poll
must be stored. So an answer from a page never needs work after the response.
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
"""The share of new pages that a full cache stores ("bimodal insertion", https://doi.org/10.1145/1250662.1250709). If
it stored all, each page could be removed before its widget's next poll."""

BYTES_OF_A_PAGE = 2000
"""The memory for a page's address, headers and times, without the body."""


@dataclass(slots=True)
class Page:
    """A cached answer. `ends_at`: the time from which the page is not valid.

    `names`: the names of the rows from which the answer was made (see `Changes`).
    `change`: the number of the newest database change before the data was read.
    """

    content: Content
    made_at: datetime
    due_at: datetime
    ends_at: datetime
    names: tuple[str, ...]
    change: int
    this_second: tuple[int | None, list[tuple[str, str]]] = (None, [])
    """The last answer's `ttl` (see `status_of`) and headers. Answers with the same `ttl` reuse the headers."""

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
    """Pages by address, at most MAX_BYTES. A full cache removes the least recently used pages."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        self._lock = threading.Lock()
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._bytes = 0

    def get(self, address: str, now: datetime) -> Page | None:
        """Returns the address's page if it is valid. Call `changes.latest()` first."""
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
        """Whether to store a new page of this address. If the cache is full, chance decides (KEPT_WHEN_FULL)."""
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
    """Returns a page, or None if the answer must not be cached. `change`: see `Page`."""
    if row.due_at is None or row.due_at <= now or row.last_polled_at is None or row.problem or reason(row, now):
        return None
    content = content_of(row, format, now)
    if content is None or connection.in_atomic_block or getattr(connection, "read_only_until", None) is not None:
        # A transaction reads uncommitted changes. In a database that was opened as immutable, SQLite sees no changes.
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
