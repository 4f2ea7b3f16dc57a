"""Who may ask: service accounts, project secrets, and the projects they open."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from fake_mixpanel import dataset
from fake_mixpanel.asked import Refused

PROJECT_SECRET = "project secret"  # noqa: S105 - what `user` says of a call made with one


@dataclass(frozen=True, slots=True)
class Caller:
    """`user` is the account's name, or PROJECT_SECRET; empty with nothing usable. Never the secret itself."""

    user: str
    project_id: int


class Accounts:
    """`projects` says which project ids an account opens; one that it does not name opens every known project."""

    def __init__(
        self,
        accounts: Mapping[str, str] | None = None,
        secrets: Mapping[str, int] | None = None,
        projects: Mapping[str, Iterable[int]] | None = None,
        zones: Mapping[int, str] | None = None,
    ) -> None:
        self.accounts = dict({dataset.DEMO_USERNAME: dataset.DEMO_SECRET} if accounts is None else accounts)
        self.secrets = dict({dataset.DEMO_PROJECT_SECRET: dataset.DEMO_PROJECT_ID} if secrets is None else secrets)
        self.projects = {user: frozenset(ids) for user, ids in (projects or {}).items()}
        self.zones = dict(zones or {})

    def zone(self, project_id: int) -> ZoneInfo:
        return ZoneInfo(self.zones.get(project_id, dataset.DEFAULT_ZONE))

    def known(self) -> set[int]:
        return {dataset.DEMO_PROJECT_ID, *self.secrets.values(), *self.zones}.union(*self.projects.values())

    def let_in(self, authorization: str, project_id: str) -> Caller:
        """Who that is, for which project; raises Refused as Mixpanel does."""
        username, password = _basic(authorization)
        if username and not password:
            return self._by_secret(username, project_id)
        if not username or self.accounts.get(username) != password:
            raise Refused(401, "Invalid service account credentials")
        if not project_id:
            raise Refused(400, "project_id is a required parameter with a service account")
        number = _number(project_id)
        if number not in self.projects.get(username, self.known()):
            raise Refused(403, f"User does not have permission to access project {number}")
        return Caller(username, number)

    def _by_secret(self, secret: str, project_id: str) -> Caller:
        opens = self.secrets.get(secret)
        if opens is None or (project_id and _number(project_id) != opens):
            raise Refused(400, "Unable to authenticate request")
        return Caller(PROJECT_SECRET, opens)

    def name_of(self, authorization: str) -> str:
        """For the record of calls that were not let in."""
        username, password = _basic(authorization)
        return username if password else PROJECT_SECRET if username else ""


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        username, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return username, password


def _number(project_id: str) -> int:
    if not project_id.isascii() or not project_id.isdigit() or len(project_id) > 15:
        raise Refused(400, f"project_id must be an integer: {project_id!r}")
    return int(project_id)
