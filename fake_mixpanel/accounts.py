"""Checks the credentials of requests (a service account, or the demo's project secret) and the access to projects."""

import base64
import binascii

from fake_mixpanel.dataset import DEMO_PROJECT_ID, DEMO_PROJECT_SECRET
from fake_mixpanel.faults import MESSAGES
from fake_mixpanel.query import Refused

PROJECT_SECRET = "project secret"  # noqa: S105 - `Call.user` of a call with a project secret


def basic(authorization: str) -> tuple[str, str]:
    """Returns the user name and password of an `Authorization` header, or "" and "" if the header is not valid."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (user, password) if scheme.lower() == "basic" else ("", "")


def user_of(authorization: str) -> str:
    user, password = basic(authorization)
    return user if password or not user else PROJECT_SECRET


def project_of(authorization: str, project_id: str, accounts: dict[str, str], projects: tuple[int, ...]) -> int:
    """Returns the id of the queried project.

    Raises Refused if the credentials give no access to the project, or if a service account names no project.
    """
    user, password = basic(authorization)
    if user and not password:
        if user != DEMO_PROJECT_SECRET or project_id not in ("", str(DEMO_PROJECT_ID)):
            raise Refused(400, MESSAGES[400])
        return DEMO_PROJECT_ID
    if not user or accounts.get(user) != password:
        raise Refused(401, MESSAGES[401], {"WWW-Authenticate": 'Basic realm="mixpanel"'})
    if not project_id:
        raise Refused(400, "project_id is a required parameter with a service account")
    if project_id not in map(str, projects):
        raise Refused(403, f"User does not have permission to access project {project_id}")
    return int(project_id)
