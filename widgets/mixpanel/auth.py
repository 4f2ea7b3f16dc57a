"""HTTP Basic credentials: they sign a request, and `redact` removes them from any text.

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
"""`redact` does not look for a shorter user name: it could be part of an ordinary word."""


class Credentials(AuthBase):
    """HTTP Basic `user:password` in UTF-8 (`requests.auth.HTTPBasicAuth` uses Latin-1). `repr` shows no secret."""

    def __init__(self, user: str, password: str, hide: tuple[str, ...]) -> None:
        """`hide`: the plain texts that `redact` removes. It always removes the token of the header too."""
        self._pair = f"{user}:{password}"
        self._hide = hide

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        r.headers["Authorization"] = f"Basic {b64encode(_utf8(self._pair)).decode()}"
        return r

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def redact(self, text: str) -> str:
        """The text with `[hidden]` in place of every credential, plain or encoded."""
        for spelling in self._spellings:
            text = text.replace(spelling, HIDDEN)
        return text

    @cached_property
    def _spellings(self) -> list[str]:
        """Each credential, plain and in base64, escaped up to twice. An error's JSON may quote an escaped address."""
        found = {text for text in self._hide if text}
        # Without base64's padding: URLs often drop it, and the rest is enough to find the credential.
        for encode in (b64encode, urlsafe_b64encode):
            found |= {encode(_utf8(text)).decode().rstrip("=") for text in (*self._hide, self._pair) if text}
        for _ in range(2):
            found |= {escape(text) for text in found for escape in _ESCAPES}
            found |= {_HEX.sub(lambda digits: digits[0].swapcase(), text) for text in found}
        return sorted(found, key=len, reverse=True)  # The longest first: it may contain a shorter one.


class ServiceAccount(Credentials):
    """The credentials that Mixpanel recommends. Every request must name its project."""

    def __init__(self, username: str, secret: str) -> None:
        super().__init__(username, secret, (secret, username if len(username) >= SHORTEST_USERNAME else ""))


class ProjectSecret(Credentials):
    """The project's secret as user name, without a password. Mixpanel accepts project secrets until 3 March 2027."""

    def __init__(self, secret: str) -> None:
        super().__init__(secret, "", (secret,))


def auth_for(method: str, username: str, secret: str) -> Credentials:
    """`method` is `service_account`, or `project_secret` (without a user name). Raises ValueError for any other."""
    if method == "service_account":
        return ServiceAccount(username, secret)
    if method == "project_secret":
        return ProjectSecret(secret)
    raise ValueError(f"unknown way to authenticate: {method!r}")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


_HEX = re.compile(r"(?<=%)..|(?<=\\x)..|(?<=\\u)....")
"""The hexadecimal digits of escapes. Some programs write them in capitals, others in small letters."""

_ESCAPES: tuple[Callable[[str], str], ...] = (
    lambda text: quote(_utf8(text)),
    lambda text: quote(_utf8(text), safe=""),
    lambda text: quote_plus(_utf8(text)),
    lambda text: "".join(f"%{byte:02X}" for byte in _utf8(text)),
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: json.dumps(text)[1:-1].replace("/", r"\/"),  # PHP's way
    lambda text: repr(text)[1:-1],
    lambda text: repr(_utf8(text))[2:-1],
    html.escape,
    lambda text: html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),  # the way of Go and Jinja
)
"""The escaped forms of a text in URLs, JSON, HTML and Python."""
