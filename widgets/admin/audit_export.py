"""Streams the audit log as a file: CSV, or one JSON object per line.

The entries are read in batches, so a long log needs no more memory than a short one.
"""

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from widgets.accounts.audit_log import as_dict, as_json
from widgets.accounts.client import harmless
from widgets.cyfe.labels import without_formula
from widgets.models import AuditEntry

KINDS = {"csv": "CSV", "jsonl": "JSON lines"}
BATCH = 500
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


def answer(entries: QuerySet[AuditEntry], kind: str, *, with_address: bool) -> StreamingHttpResponse:
    lines = (csv_lines if kind == "csv" else json_lines)(entries, with_address=with_address)
    response = StreamingHttpResponse(lines, content_type=TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="audit-log-{timezone.now():%Y-%m-%d}.{kind}"'
    return response


def newest_first(entries: QuerySet[AuditEntry]) -> Iterator[AuditEntry]:
    """Each batch has its own database query, so no cursor or transaction stays open during a slow download."""
    last: int | None = None
    while True:
        rest = entries if last is None else entries.filter(pk__lt=last)
        batch = list(rest.order_by("-pk")[:BATCH])
        yield from batch
        if len(batch) < BATCH:
            return
        last = batch[-1].pk


def json_lines(entries: QuerySet[AuditEntry], *, with_address: bool) -> Iterator[str]:
    for entry in newest_first(entries):
        yield as_json(entry, with_address=with_address) + "\n"


class Echo:
    """A file for `csv.writer`. `write` returns the text, so `csv.writer.writerow` returns the line."""

    def write(self, text: str) -> str:
        return text


def csv_lines(entries: QuerySet[AuditEntry], *, with_address: bool) -> Iterator[str]:
    """A header, then one line per entry. Each cell is quoted, and has no line breaks and no spreadsheet formula."""
    writer = csv.writer(Echo(), quoting=csv.QUOTE_ALL)
    yield writer.writerow(as_dict(AuditEntry(), with_address=with_address))
    for entry in newest_first(entries):
        yield writer.writerow(map(cell, as_dict(entry, with_address=with_address).values()))


def cell(value: Any) -> str:
    return without_formula(" | ".join(map(harmless, str("" if value is None else value).splitlines())))
