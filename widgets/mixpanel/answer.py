"""What came back: the body read within a limit, its JSON, and its words when something went wrong."""

import json
import math
import zlib
from typing import Any

import requests

LARGEST_BODY = 20 * 2**20
"""Bytes, both as sent and as decoded: enough for MOST_VALUES by date. As text they may take four times as many."""

MOST_VALUES = 1_000_000
"""Values in one answer. Each takes up to some 200 bytes of memory once it is read."""

MOST_OBJECTS = 200_000
"""Objects and lists in one answer, the dearest of all values: ten labels for each that can be asked for."""

LARGEST_ERROR_BODY = 64 * 2**10
"""Bytes of an error's body; nobody reads more words than that."""

DEEPEST_JSON = 100
"""Levels; Mixpanel nests one a breakdown, and whoever walks through an answer may do so recursively."""

TOO_LARGE = (
    "is too large. Ask for less: fewer values of the breakdown (the widget's limit), fewer dates, or weeks or months"
)

_CHUNK = 2**16


class Unreadable(Exception):
    """An answer that is no data; the text goes on from "Mixpanel's answer …"."""


def read_body(response: requests.Response, largest: int = LARGEST_BODY) -> bytes:
    """The whole body, decoded. Raises Unreadable (too large, cut short), and what sockets and urllib3 raise.

    Decoded here, not by urllib3, because there an encoding upon another can work for ever on a few bytes.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise Unreadable("could not be read (an encoding that was not asked for)")
    gzip = zlib.decompressobj(wbits=31) if encoding in ("gzip", "x-gzip") else None
    body = bytearray()
    arrived = 0
    for chunk in response.raw.stream(_CHUNK, decode_content=False):
        arrived += len(chunk)
        body += gzip.decompress(chunk, largest + 1 - len(body)) if gzip else chunk
        if max(arrived, len(body)) > largest:
            raise Unreadable(TOO_LARGE)
    if gzip and arrived and not gzip.eof:
        raise Unreadable("could not be read (it was cut short)")
    return bytes(body)


def data_from(body: bytes) -> Any:
    """The JSON object or list in a body; Unreadable for all else. NaN and infinities become texts."""
    if not body.strip():
        raise Unreadable("was empty")
    # Counted before anything is made of them. Those within texts count too, which no real answer has so many of.
    if body.count(b",") > MOST_VALUES or body.count(b"{") + body.count(b"[") > MOST_OBJECTS:
        raise Unreadable(TOO_LARGE)
    try:
        data = json.loads(body.decode(), parse_constant=str, parse_float=_finite)
    except (ValueError, RecursionError):
        # ValueError: no UTF-8, no JSON, or an integer of more digits than Python takes.
        raise Unreadable("could not be read (it is no JSON)") from None
    if not isinstance(data, dict | list):
        raise Unreadable("could not be read (neither a JSON object nor a list)")
    level = [data]
    for _ in range(DEEPEST_JSON):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return data
    raise Unreadable("could not be read (nested too deep)")


def error_in(data: Any) -> str | None:
    """What the `error` of an answer says, "" when that is too long to be kept, None when there is none."""
    error = data.get("error") if isinstance(data, dict) else None
    # `/events/properties/top` has the properties' names as keys, and `error` is a common one.
    if not error or (isinstance(error, dict) and isinstance(error.get("count"), int)):
        return None
    words = error if isinstance(error, str) else json.dumps(error)
    # Cutting it here could leave half a secret at the end, which nobody would recognise.
    return words if len(words) <= LARGEST_ERROR_BODY else ""


def words_in(body: bytes) -> str:
    """What an error's body says: its JSON's `error`, or plain text; "" for a page of HTML."""
    try:
        return error_in(data_from(body)) or ""
    except Unreadable:
        text = body.decode(errors="replace").strip()
        return "" if text.startswith(("<", "{", "[")) else text


def _finite(digits: str) -> float | str:
    value = float(digits)
    return value if math.isfinite(value) else digits
