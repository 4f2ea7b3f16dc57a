"""The client of Mixpanel's API: queries, the lists that forms offer, and a project's time zone.

Source: `query.openapi.yaml` in https://github.com/mixpanel/docs. The methods `bookmarks` and `time_zone`, and `query`
with a body, send requests in the form that Mixpanel's own client library uses.
"""

import contextlib
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import requests
import urllib3

from widgets.mixpanel.answer import LARGEST_ERROR_BODY, TooLarge, Unreadable, data_from, error_in, read_body, words_in
from widgets.mixpanel.auth import Credentials
from widgets.mixpanel.errors import (
    WORDS_MATTER,
    MixpanelError,
    QueryError,
    TooLargeError,
    UnavailableError,
    clean,
    error_for,
)
from widgets.mixpanel.regions import api_root as root_of
from widgets.mixpanel.wire import SESSION, Exchange, exchange

Param = str | int | float | bool
Read = TypeVar("Read")

ASKED_NAMES = 255
"""The number of events, properties or values that MixCyfe asks for."""

MOST_NAMES = 5000
"""The maximum number of names in one list. Mixpanel never lists more events than this."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A saved report. `type`: `insights`, `funnels`, `retention`, `flows`, or a type that Mixpanel adds later."""

    id: int
    name: str
    type: str


class Client:
    """Queries one project at Mixpanel. Each method sends at most one request, which takes at most `timeout` seconds.

    The methods raise only MixpanelError, which contains no secrets and no objects of the package `requests`.
    """

    def __init__(
        self,
        auth: Credentials,
        *,
        region: str = "us",
        project_id: int | None,
        workspace_id: int | None = None,
        api_root: str = "",
        timeout: float = 60,
    ) -> None:
        """`api_root` replaces the region's address (see `regions`)."""
        self._auth = auth
        self._root = root_of(region, api_root)
        self._project_id = project_id
        self._timeout = timeout
        self._project = {} if project_id is None else {"project_id": project_id}
        self._workspace = {} if workspace_id is None else {"workspace_id": workspace_id}

    def __repr__(self) -> str:
        return f"<Client of project {self._project_id}>"

    def query(self, endpoint: str, params: Mapping[str, Param], body: Mapping[str, Any] | None = None) -> Any:
        """Queries `/query/<endpoint>`, for example "segmentation/sum". Returns the JSON: an object or a list.

        Without a `body`, the request is a GET. With a `body`, the request is a POST. It sends the body as JSON, with
        the project's id added.
        """
        if body is None:
            return self._ask(f"query/{endpoint}", {**params, **self._project, **self._workspace})
        return self._ask(f"query/{endpoint}", {**params, **self._workspace}, {**body, **self._project})

    def event_names(self) -> list[str]:
        """Returns the names of the most common events of the last 31 days."""
        return _read(_texts, self.query("events/names", {"type": "general", "limit": ASKED_NAMES}))

    def event_properties(self, event: str) -> list[str]:
        """Returns the names of the event's most common properties."""
        return _read(_keys, self.query("events/properties/top", {"event": event, "limit": ASKED_NAMES}))

    def property_values(self, event: str, name: str) -> list[str]:
        """Returns the most common values of the event's property `name`."""
        params: dict[str, Param] = {"event": event, "name": name, "limit": ASKED_NAMES}
        return _read(_texts, self.query("events/properties/values", params))

    def funnels(self) -> list[tuple[int, str]]:
        """Returns the ids and names of the saved funnels."""
        return _read(_funnels, self.query("funnels/list", {}))

    def bookmarks(self) -> list[Bookmark]:
        """Returns the saved reports. Raises QueryError if the client has no project id, which the URL needs."""
        if self._project_id is None:
            raise QueryError("Mixpanel lists saved reports only with a project ID, and this project has no ID.")
        return _read(_bookmarks, self._ask(f"app/projects/{self._project_id}/bookmarks", {"v": 2}))

    def time_zone(self) -> str:
        """Returns the project's time zone. Raises MixpanelError if the account lacks the permission `user_details`."""
        return _read(lambda answer: _time_zone(answer, str(self._project_id)), self._ask("app/me", {}))

    def _ask(self, path: str, params: Mapping[str, Param], body: Mapping[str, Any] | None = None) -> Any:
        outcome = self._exchange(f"{self._root}/{path}", params, body)
        # If the error were raised inside an `except`, it would refer to an exception of `requests`, and a debug page
        # would show the Authorization header.
        if isinstance(outcome, MixpanelError):
            raise outcome
        return outcome

    def _exchange(self, url: str, params: Mapping[str, Param], body: Mapping[str, Any] | None) -> Any:
        with exchange(self._timeout) as this:
            try:
                with SESSION.request(
                    "GET" if body is None else "POST",
                    url,
                    json=body,
                    params={key: _scalar_text(value) for key, value in params.items()},
                    auth=self._auth,
                    timeout=self._timeout,
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    return self._outcome(response)
            except Unreadable as error:
                error_class = TooLargeError if isinstance(error, TooLarge) else UnavailableError
                return error_class(f"Mixpanel's answer {error}.", status=response.status_code)
            except Exception as error:  # noqa: BLE001 - callers handle MixpanelError only
                return self._failure(error, this)

    def _outcome(self, response: requests.Response) -> Any:
        """Returns the data or a MixpanelError. Raises the errors of `read_body` and `data_from`."""
        status, words = response.status_code, ""
        if status == 200:
            data = data_from(read_body(response))
            if (error := error_in(data)) is None:
                return data
            words = error
        elif not 300 <= status < 400:
            # Ignore a message that is too large. If the status has only one meaning, ignore every unreadable message.
            with contextlib.suppress(TooLarge if status in WORDS_MATTER else Exception):
                words = words_in(read_body(response, LARGEST_ERROR_BODY))
        # Redact before `clean` removes control characters, because a secret can contain some. Redact again afterwards,
        # because control characters can interrupt a secret.
        words = self._auth.redact(clean(self._auth.redact(words)))
        return error_for(status, words, response.headers)

    def _failure(self, error: Exception, this: Exchange) -> MixpanelError:
        """Returns the error for an incomplete exchange, without the text of `error`, which may contain secrets."""
        within = f"within {self._timeout:g} seconds"
        if this.is_over:
            problem = f"did not answer {within}" if this.sent else f"could not be reached {within}"
            return UnavailableError(f"Mixpanel {problem}.", gave_up=this.sent, counts=this.sent)
        if isinstance(error, requests.ReadTimeout):
            # `wire` did not cause this timeout: it is from a test, or from a connection through a SOCKS proxy.
            return UnavailableError(f"Mixpanel did not answer {within}.", gave_up=True)
        if not isinstance(error, requests.RequestException | urllib3.exceptions.HTTPError | OSError):
            return UnavailableError(f"The query to Mixpanel failed ({type(error).__name__}).", counts=this.sent)
        if this.sent:
            return UnavailableError("The connection to Mixpanel broke before its answer was complete.")
        return UnavailableError(f"Mixpanel could not be reached ({reason(error)}).", counts=False)


def _scalar_text(value: Param) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def reason(error: BaseException | None) -> str:
    """The reason why a connection failed: the first known exception among `error` and its causes."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return "the host's certificate could not be verified"
        if isinstance(error, ssl.SSLError):
            return "no secure connection"
        if isinstance(error, socket.gaierror):
            return "the host name was not found"
        if isinstance(error, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(error, ValueError):
            return "the address is wrong"
        error = error.__cause__ or error.__context__
    return "no connection"


def _read(reader: Callable[[Any], Read], answer: Any) -> Read:
    """Raises UnavailableError if the answer does not have the documented form."""
    with contextlib.suppress(TypeError, KeyError, ValueError):
        return reader(answer)
    raise UnavailableError("Mixpanel's answer could not be read (it does not have the documented form).", status=200)


def _texts(answer: Any) -> list[str]:
    return [_text(one) for one in _expected(list, answer) if one is not None]


def _keys(answer: Any) -> list[str]:
    return list(_expected(dict, answer))


def _funnels(answer: Any) -> list[tuple[int, str]]:
    return [(_id(one["funnel_id"]), _text(one["name"])) for one in _expected(list, answer)]


def _bookmarks(answer: Any) -> list[Bookmark]:
    found = _expected(list, _expected(dict, answer)["results"])
    return [Bookmark(_id(one["id"]), _text(one["name"]), _text(one["type"])) for one in found]


def _time_zone(answer: Any, project_id: str) -> str:
    projects = _expected(dict, _expected(dict, _expected(dict, answer)["results"])["projects"])
    return _text(_expected(dict, projects[project_id])["timezone"])


def _expected(type_: type[Read], value: Any) -> Read:
    if not isinstance(value, type_):
        raise TypeError
    if isinstance(value, list | dict) and len(value) > MOST_NAMES:
        raise TooLargeError(f"Mixpanel's answer is too large: more than {MOST_NAMES:,} names.", status=200)
    return value


def _id(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    return value if isinstance(value, int) else int(_expected(str, value))


def _text(value: Any) -> str:
    """Converts a name or a value to text. A missing name becomes "". A value can be a number or a boolean."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return _scalar_text(value)
    return _expected(str, value)
