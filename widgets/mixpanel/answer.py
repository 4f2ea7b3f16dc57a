"""What came back: the body read within a limit, its JSON, and its words when something went wrong."""

import json
import math
import re
import zlib
from typing import Any

import requests

LARGEST_BODY = 20 * 2**20
"""Bytes, both as sent and as decoded: enough for a million values by date."""

MOST_MEMORY = 205 * 10**6
"""Bytes that one answer may take once it is read, as `memory_of` estimates them: a million values in plain ASCII."""

MOST_OBJECTS = 200_000
"""Objects and lists in one answer, the dearest of all values: ten labels for each that can be asked for."""

LARGEST_ERROR_BODY = 2**20
"""Bytes of an error's body, which may hold the request's own address."""

LONGEST_WORDS = 64 * 2**10
"""Characters of what an error says; nobody reads more than that."""

DEEPEST_JSON = 100
"""Levels; Mixpanel nests one a breakdown, and whoever walks through an answer may do so recursively."""

TOO_LARGE = (
    "is too large. Ask for less: fewer values of the breakdown (the widget's limit), fewer dates, or weeks or months"
)

_CHUNK = 2**16
_FOUR_BYTES_WIDE = re.compile(rb"[\xf0-\xf4]|\\u[dD][89abAB]")
"""Characters that make Python keep every other one of their text in four bytes too, as UTF-8 or as JSON's escape."""


class Unreadable(Exception):
    """An answer that is no data; the text goes on from "Mixpanel's answer …"."""


class TooLarge(Unreadable):
    def __init__(self) -> None:
        super().__init__(TOO_LARGE)


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
            raise TooLarge
    if gzip and arrived and not gzip.eof:
        raise Unreadable("could not be read (it was cut short)")
    return bytes(body)


def data_from(body: bytes) -> Any:
    """The JSON object or list in a body; Unreadable for all else. NaN and infinities become texts."""
    if not body.strip():
        raise Unreadable("was empty")
    # Counted before anything is made of them. Those within texts count too, which no real answer has so many of.
    if body.count(b"{") + body.count(b"[") > MOST_OBJECTS or memory_of(body) > MOST_MEMORY:
        raise TooLarge
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


def memory_of(body: bytes) -> int:
    """Bytes that a body takes at most while it is read: itself, its text, all texts in it, and what holds a value.

    The last is measured: a text's own head, a float and a place in a dict.
    """
    plain = body.isascii() and b"\\u" not in body
    width = 1 if plain else 4 if _FOUR_BYTES_WIDE.search(body) else 2
    return len(body) * (1 + 2 * width) + body.count(b",") * (145 if plain else 180)


def error_in(data: Any) -> str | None:
    """What the `error` of an answer says, "" when that is too long to be kept, None when there is none."""
    error = data.get("error") if isinstance(data, dict) else None
    # `/events/properties/top` has the properties' names as keys, and `error` is a common one.
    if not error or (isinstance(error, dict) and isinstance(error.get("count"), int)):
        return None
    words = error if isinstance(error, str) else json.dumps(error)
    # Cutting it here could leave half a secret at the end, which nobody would recognise.
    return words if len(words) <= LONGEST_WORDS else ""


def words_in(body: bytes) -> str:
    """What an error's body says: its JSON's `error`, or plain text; "" for a page of HTML.

    Raises Unreadable for JSON that is broken.
    """
    text = body.decode(errors="replace").strip()
    if text.startswith(("{", "[")):
        return error_in(data_from(body)) or ""
    return "" if text.startswith("<") or len(text) > LONGEST_WORDS else text


def _finite(digits: str) -> float | str:
    value = float(digits)
    return value if math.isfinite(value) else digits
