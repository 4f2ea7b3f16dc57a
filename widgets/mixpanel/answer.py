"""Reads an HTTP answer: the body up to a size limit, its JSON, and the message of an error."""

import json
import math
import re
import zlib
from typing import Any

import requests

LARGEST_BODY = 20 * 2**20
"""The maximum of bytes in a body, compressed or decompressed: enough for a million values by date."""

MOST_MEMORY = 205 * 10**6
"""Bytes of memory for one answer, as `memory_of` estimates them: enough for a million values in plain ASCII."""

MOST_OBJECTS = 200_000
"""The maximum number of objects and lists in one answer, because they take the most memory.

It is ten times the largest number of labels that an answer may have.
"""

LARGEST_ERROR_BODY = 2**20
"""Bytes of an error's body. The body may quote the whole address of the request."""

LONGEST_WORDS = 64 * 2**10
"""Characters of an error's message."""

DEEPEST_JSON = 100
"""Levels of nesting. Mixpanel nests one level per breakdown; the limit keeps recursive functions safe."""

TOO_LARGE = (
    "is too large. Ask for less: fewer values of the breakdown (the widget's limit), fewer dates, or weeks or months"
)

_CHUNK = 2**16
_FOUR_BYTES_WIDE = re.compile(rb"[\xf0-\xf4]|\\u[dD][89abAB]")
"""A character beyond U+FFFF, as UTF-8 or as a JSON escape. With one, Python uses 4 bytes per character of the text."""


class Unreadable(Exception):
    """An answer without usable data. The text completes the sentence "Mixpanel's answer …"."""


class TooLarge(Unreadable):
    def __init__(self) -> None:
        super().__init__(TOO_LARGE)


def read_body(response: requests.Response, largest: int = LARGEST_BODY) -> bytes:
    """The whole body, decompressed. Raises Unreadable (too large, cut short) and the errors of sockets and urllib3.

    urllib3 does not decompress here: with nested encodings a few bytes could keep it busy for ever.
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
    """The JSON object or list in a body. Raises Unreadable for anything else. NaN and infinity become texts."""
    if not body.strip():
        raise Unreadable("was empty")
    # The count happens before parsing, so brackets inside texts count too. A real answer has few of them.
    if body.count(b"{") + body.count(b"[") > MOST_OBJECTS or memory_of(body) > MOST_MEMORY:
        raise TooLarge
    try:
        data = json.loads(body.decode(), parse_constant=str, parse_float=_finite)
    except (ValueError, RecursionError):
        # ValueError: no UTF-8, no JSON, or an integer with more digits than Python accepts.
        raise Unreadable("could not be read (it is not JSON)") from None
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
    """The most bytes of memory that parsing a body can take: the body, its text, all texts in it, and all values.

    The bytes per value were measured: they hold a text's header, a float and an entry of a dict.
    """
    plain = body.isascii() and b"\\u" not in body
    width = 1 if plain else 4 if _FOUR_BYTES_WIDE.search(body) else 2
    return len(body) * (1 + 2 * width) + body.count(b",") * (145 if plain else 180)


def error_in(data: Any) -> str | None:
    """The `error` message in an answer; "" if it is too long, None if there is no error."""
    error = data.get("error") if isinstance(data, dict) else None
    # The keys of `/events/properties/top` are names of properties, and a property may be named `error`.
    if not error or (isinstance(error, dict) and isinstance(error.get("count"), int)):
        return None
    words = error if isinstance(error, str) else json.dumps(error)
    # A message cut here could end in half a secret, and `redact` would not find it.
    return words if len(words) <= LONGEST_WORDS else ""


def words_in(body: bytes) -> str:
    """The message in an error's body: the `error` of its JSON, or the plain text; "" for a page of HTML.

    Raises Unreadable for broken JSON.
    """
    text = body.decode(errors="replace").strip()
    if text.startswith(("{", "[")):
        return error_in(data_from(body)) or ""
    return "" if text.startswith("<") or len(text) > LONGEST_WORDS else text


def _finite(digits: str) -> float | str:
    value = float(digits)
    return value if math.isfinite(value) else digits
