"""Who asks: HTTP Basic credentials that sign a request and that can be taken out of any text.

Source: https://developer.mixpanel.com/reference/authentication
"""

import re
from base64 import b64encode, urlsafe_b64encode
from functools import cached_property

from requests import PreparedRequest
from requests.auth import AuthBase

HIDDEN = "[hidden]"

SHORTEST_USERNAME = 4
"""A shorter user name would be "found" in ordinary words."""


class Credentials(AuthBase):
    """HTTP Basic `user:password` in UTF-8 (requests' own class is Latin-1). Shows nothing of itself."""

    def __init__(self, user: str, password: str, hide: tuple[str, ...]) -> None:
        """`hide`: the plain texts that `redact` looks for, beside the header's token."""
        self._pair = f"{user}:{password}".encode("utf-8", "surrogatepass")
        self._hide = hide

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        r.headers["Authorization"] = f"Basic {b64encode(self._pair).decode()}"
        return r

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def redact(self, text: str) -> str:
        """The text with `[hidden]` wherever a credential stands in it, plain or encoded."""
        return self._anywhere.sub(HIDDEN, text)

    @cached_property
    def _anywhere(self) -> re.Pattern[str]:
        plain = [text for text in self._hide if text]
        raw = [self._pair, *(text.encode("utf-8", "surrogatepass") for text in plain)]
        # Padding is left out: what stays behind of it tells nothing, and URLs often drop it.
        encoded = [encode(each).decode().rstrip("=") for each in raw for encode in (b64encode, urlsafe_b64encode)]
        # Longest first, because the first alternative that matches wins.
        texts = sorted({*plain, *encoded}, key=len, reverse=True)
        return re.compile("|".join(f"{re.escape(text)}|{''.join(map(_spellings, text))}" for text in texts))


class ServiceAccount(Credentials):
    """What Mixpanel prefers; every request must name its project."""

    def __init__(self, username: str, secret: str) -> None:
        super().__init__(username, secret, (secret, username if len(username) >= SHORTEST_USERNAME else ""))


class ProjectSecret(Credentials):
    """The project's own secret as user name, no password. Deprecated: ends on 3 March 2027."""

    def __init__(self, secret: str) -> None:
        super().__init__(secret, "", (secret,))


def auth_for(method: str, username: str, secret: str) -> Credentials:
    """`method` is `service_account` or `project_secret` (no user name then); ValueError for another."""
    if method == "service_account":
        return ServiceAccount(username, secret)
    if method == "project_secret":
        return ProjectSecret(secret)
    raise ValueError(f"unknown way to authenticate: {method!r}")


_HTML_NAMES = {'"': "quot", "'": "apos", "&": "amp", "<": "lt", ">": "gt"}
_BACKSLASHED = {each: each for each in "\"'\\/"} | {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}


def _spellings(character: str) -> str:
    """A pattern for all the ways one character is written in URLs, JSON, HTML and Python's repr.

    Character by character, because what is escaped, and in which case, is up to whoever wrote the text.
    Escapes come before the plain character, and the group is atomic: no text makes it try them all over.
    """
    point = ord(character)
    utf8 = character.encode("utf-8", "surrogatepass")
    utf16 = character.encode("utf-16-be", "surrogatepass")
    hexadecimal = [
        "".join(f"%{byte:02x}" for byte in utf8),
        "".join(rf"\\x{byte:02x}" for byte in utf8),
        "".join(rf"\\u{utf16[at : at + 2].hex()}" for at in range(0, len(utf16), 2)),
        rf"\\U{point:08x}",
        f"&#x0*{point:x};",
    ]
    if point < 256:
        hexadecimal.append(rf"\\x{point:02x}")
    ways = [f"(?i:{'|'.join(hexadecimal)})", f"&#0*{point};"]
    if character in _HTML_NAMES:
        ways.append(f"&{_HTML_NAMES[character]};")
    if character in _BACKSLASHED:
        ways.append(r"\\" + re.escape(_BACKSLASHED[character]))
    if character == " ":
        ways.append(r"\+")
    return f"(?>{'|'.join([*ways, re.escape(character)])})"
