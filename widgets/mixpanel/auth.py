"""Who asks: HTTP Basic credentials that sign a request and that can be taken out of any text.

Source: https://developer.mixpanel.com/reference/authentication
"""

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from functools import cached_property
from urllib.parse import quote, quote_plus

from requests import PreparedRequest
from requests.auth import AuthBase

HIDDEN = "[hidden]"

SHORTEST_USERNAME = 4
"""A shorter user name would be "found" in ordinary words."""


class Credentials(AuthBase):
    """HTTP Basic `user:password` in UTF-8 (requests' own class is Latin-1). Shows nothing of itself."""

    def __init__(self, user: str, password: str, hide: tuple[str, ...]) -> None:
        """`hide`: the plain texts that `redact` looks for, beside the header's token."""
        self._pair = f"{user}:{password}"
        self._hide = hide

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        r.headers["Authorization"] = f"Basic {b64encode(_utf8(self._pair)).decode()}"
        return r

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def redact(self, text: str) -> str:
        """The text with `[hidden]` wherever a credential stands in it, plain or encoded."""
        for spelling in self._spellings:
            text = text.replace(spelling, HIDDEN)
        return text

    @cached_property
    def _spellings(self) -> list[str]:
        """Plain and in base64, each escaped once or twice (the JSON of an error that quotes an address, say)."""
        found = {text for text in self._hide if text}
        # Padding is left out: it tells nothing, and URLs often drop it.
        for encode in (b64encode, urlsafe_b64encode):
            found |= {encode(_utf8(text)).decode().rstrip("=") for text in (*self._hide, self._pair) if text}
        for _ in range(2):
            found |= {escape(text) for text in found for escape in _ESCAPES}
            found |= {_HEX.sub(lambda digits: digits[0].swapcase(), text) for text in found}
        return sorted(found, key=len, reverse=True)  # so that no part of one is replaced before the whole


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


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


_HEX = re.compile(r"(?<=%)..|(?<=\\x)..|(?<=\\u)....")
"""The digits of escapes, which some write in capitals and some in small letters."""

_ESCAPES: tuple[Callable[[str], str], ...] = (
    lambda text: quote(_utf8(text)),
    lambda text: quote(_utf8(text), safe=""),
    lambda text: quote_plus(_utf8(text)),
    lambda text: "".join(f"%{byte:02X}" for byte in _utf8(text)),
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: json.dumps(text)[1:-1].replace("/", r"\/"),  # as PHP has it
    lambda text: repr(text)[1:-1],
    lambda text: repr(_utf8(text))[2:-1],
    html.escape,
    lambda text: html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),  # as Go and Jinja have it
)
"""How URLs, JSON, HTML and Python write a text."""
