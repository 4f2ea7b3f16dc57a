"""Reads Mixpanel's HTTP responses: the body up to a size limit, its JSON, and the message of an error."""

import json
import math
import re
import zlib
from typing import Any

import requests

LARGEST_BODY = 20 * 2**20
"""The maximum size of an answer in bytes, compressed and decompressed: enough for a million values by date."""

MOST_MEMORY = 205 * 10**6
"""The maximum result of `memory_of` in bytes: enough for a million values in ASCII."""

MOST_OBJECTS = 200_000
"""The maximum number of JSON objects and lists in one answer: ten times the largest number of labels in a report.

Objects and lists have their own limit, because `memory_of` does not count their memory.
"""

LARGEST_ERROR_BODY = 2**20
"""The maximum size of an error's body in bytes. The body may quote the whole address of the request."""

LONGEST_WORDS = 64 * 2**10
"""The maximum number of characters in Mixpanel's error message. A longer message is ignored."""

DEEPEST_JSON = 100
"""The maximum nesting depth of the JSON, because deeper JSON could make recursive functions fail."""

TOO_LARGE = (
    "is too large. Ask for less: fewer values of the breakdown (a lower limit in the widget), fewer dates, or a longer "
    "unit, such as week or month"
)

_CHUNK = 2**16
_FOUR_BYTES_WIDE = re.compile(rb"[\xf0-\xf4]|\\u[dD][89abAB]")
"""Matches a character beyond U+FFFF, as UTF-8 or as a JSON escape. Python stores a text that contains such a character
with 4 bytes per character."""


class Unreadable(Exception):
    """An answer without usable data. The message continues a sentence that begins with "Mixpanel's answer"."""


class TooLarge(Unreadable):
    def __init__(self) -> None:
        super().__init__(TOO_LARGE)


def read_body(response: requests.Response, largest: int = LARGEST_BODY) -> bytes:
    """Returns the whole body, decompressed.

    Raises Unreadable, or the errors of sockets and urllib3. This function decompresses the body itself, because a
    small body with nested encodings could keep urllib3 busy forever.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise Unreadable("could not be read (it has an encoding that MixCyfe did not request)")
    gzip = zlib.decompressobj(wbits=31) if encoding in ("gzip", "x-gzip") else None
    body = bytearray()
    arrived = 0
    for chunk in response.raw.stream(_CHUNK, decode_content=False):
        arrived += len(chunk)
        try:
            body += gzip.decompress(chunk, largest + 1 - len(body)) if gzip else chunk
        except zlib.error:
            raise Unreadable("could not be read (its gzip data is damaged)") from None
        if max(arrived, len(body)) > largest:
            raise TooLarge
    if gzip and arrived and not gzip.eof:
        raise Unreadable("could not be read (it is incomplete)")
    return bytes(body)


def data_from(body: bytes) -> Any:
    """Returns the JSON object or list in the body. NaN and infinity become texts.

    Raises Unreadable for an empty body and for other data, and TooLarge for too much data.
    """
    if not body.strip():
        raise Unreadable("was empty")
    # Brackets inside texts are counted, too. Real answers have few of them.
    if body.count(b"{") + body.count(b"[") > MOST_OBJECTS or memory_of(body) > MOST_MEMORY:
        raise TooLarge
    try:
        data = json.loads(body.decode(), parse_constant=str, parse_float=_finite)
    except (ValueError, RecursionError):
        # ValueError: the body is not UTF-8 or not JSON, or a number has too many digits for Python.
        raise Unreadable("could not be read (it is not JSON)") from None
    if not isinstance(data, dict | list):
        raise Unreadable("could not be read (it is neither a JSON object nor a list)")
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
    raise Unreadable("could not be read (it is nested too deeply)")


def memory_of(body: bytes) -> int:
    """Estimates the maximum memory in bytes for the body, the decoded body, and the values in its JSON.

    The memory per value (145 or 180 bytes) was measured. It includes a text's header, a float and an entry of a
    dict.
    """
    plain = body.isascii() and b"\\u" not in body
    width = 1 if plain else 4 if _FOUR_BYTES_WIDE.search(body) else 2
    return len(body) * (1 + 2 * width) + body.count(b",") * (145 if plain else 180)


def error_in(data: Any) -> str | None:
    """Returns the `error` message in an answer, or "" if the message is too long, or None if there is no error."""
    error = data.get("error") if isinstance(data, dict) else None
    # The keys of `/events/properties/top` are names of properties, and a property may be named `error`.
    if not error or (isinstance(error, dict) and isinstance(error.get("count"), int)):
        return None
    words = error if isinstance(error, str) else json.dumps(error)
    # A cut message could end with half a secret, which `redact` would not find.
    return words if len(words) <= LONGEST_WORDS else ""


def words_in(body: bytes) -> str:
    """Returns the message in the body of an error: the `error` in the JSON, or the plain text.

    Returns "" for HTML and for a message that is too long.
    Raises the errors of `data_from` for a body that begins like JSON.
    """
    text = body.decode(errors="replace").strip()
    if text.startswith(("{", "[")):
        return error_in(data_from(body)) or ""
    return "" if text.startswith("<") or len(text) > LONGEST_WORDS else text


def _finite(digits: str) -> float | str:
    value = float(digits)
    return value if math.isfinite(value) else digits
