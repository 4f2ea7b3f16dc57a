"""Credentials for requests to Mixpanel. Source: https://developer.mixpanel.com/reference/authentication"""

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
"""`redact` does not hide shorter user names, because they could be part of an ordinary word."""


class Credentials(AuthBase):
    """HTTP Basic credentials: `user:password` in UTF-8 (`requests.auth.HTTPBasicAuth` uses Latin-1)."""

    def __init__(self, user: str, password: str, hide: tuple[str, ...]) -> None:
        """`hide`: the texts that `redact` hides, in addition to the token of the Authorization header."""
        self._pair = f"{user}:{password}"
        self._hide = hide

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        r.headers["Authorization"] = f"Basic {b64encode(_utf8(self._pair)).decode()}"
        return r

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def redact(self, text: str) -> str:
        """Returns the text with `[hidden]` in place of the credentials, in each of their `_spellings`."""
        for spelling in self._spellings:
            text = text.replace(spelling, HIDDEN)
        return text

    @cached_property
    def _spellings(self) -> list[str]:
        """The credentials in all forms in which a text can contain them.

        They can be plain or in base64, and unescaped, escaped once or escaped twice. For example, a credential is
        escaped twice if the JSON of an error quotes an escaped address.
        """
        found = {text for text in self._hide if text}
        # URLs often omit base64's padding (“=”).
        for encode in (b64encode, urlsafe_b64encode):
            found |= {encode(_utf8(text)).decode().rstrip("=") for text in (*self._hide, self._pair) if text}
        for _ in range(2):
            found |= {escape(text) for text in found for escape in _ESCAPES}
            found |= {_HEX.sub(lambda digits: digits[0].swapcase(), text) for text in found}
        # Replace long texts first, because they may contain shorter ones.
        return sorted(found, key=len, reverse=True)


class ServiceAccount(Credentials):
    """The credentials that Mixpanel recommends. With them, every query must name the project."""

    def __init__(self, username: str, secret: str) -> None:
        super().__init__(username, secret, (secret, username if len(username) >= SHORTEST_USERNAME else ""))


class ProjectSecret(Credentials):
    """A project's secret, sent as the user name without a password. Mixpanel accepts it until 3 March 2027."""

    def __init__(self, secret: str) -> None:
        super().__init__(secret, "", (secret,))


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


_HEX = re.compile(r"(?<=%)..|(?<=\\x)..|(?<=\\u)....")
"""Matches the hexadecimal digits in an escape such as %2F, which programs write in capitals or in small letters."""

_ESCAPES: tuple[Callable[[str], str], ...] = (
    lambda text: quote(_utf8(text)),
    lambda text: quote(_utf8(text), safe=""),
    lambda text: quote_plus(_utf8(text)),
    lambda text: "".join(f"%{byte:02X}" for byte in _utf8(text)),
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: json.dumps(text)[1:-1].replace("/", r"\/"),  # JSON by PHP
    lambda text: repr(text)[1:-1],
    lambda text: repr(_utf8(text))[2:-1],
    html.escape,
    lambda text: html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),  # HTML by Go and Jinja
)
"""Functions that escape a text as in URLs, JSON, HTML and Python."""
