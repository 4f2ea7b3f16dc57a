"""Checks whether this MixCyfe answers at SITE_URL, and whether the proxy passes on a stranger's forged headers."""

import json
import secrets
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core import signing

from widgets.management.doctor.configuration import is_local
from widgets.management.doctor.finding import PATIENCE, Finding, fix, ok
from widgets.mixpanel.answer import read_body
from widgets.mixpanel.client import reason
from widgets.mixpanel.wire import SESSION, exchange
from widgets.web.doctor import ANSWER, ASK_BY, ENDS_AFTER, QUESTION, UNDERSCORES

ABOUT = "SITE_URL"
PROXY = "proxy"
LARGEST = 10_000
FORGED = "192.0.2.7"
"""An IP address that no visitor can have, because RFC 5737 reserves it for documentation."""

HOW = "have the proxy set this header itself, as the files in deploy/ do"


class Got(NamedTuple):
    status: int
    location: str
    body: str


def site_address() -> Iterator[Finding]:
    with exchange(PATIENCE):
        try:
            health = get("/healthz")
            if problem := misled(health):
                yield problem
                return
            seen = ask()
        except Exception as error:  # noqa: BLE001 - sockets, TLS, urllib3
            yield fix(ABOUT, unreachable(error))
            return
        if seen is None:
            yield fix(
                ABOUT,
                "another server answers at this address, or a MixCyfe with another SECRET_KEY or version: let the host "
                "name and the proxy lead to this MixCyfe, and restart MixCyfe after a change of settings.",
            )
            return
        yield of_health(health)
        yield from of_proxy(seen)


def get(path: str, **headers: str) -> Got:
    named = {"Accept": "*/*", **headers}
    with SESSION.request(
        "GET", f"{settings.SITE_URL}{path}", headers=named, timeout=PATIENCE, allow_redirects=False, stream=True
    ) as response:
        body = b"" if 300 <= response.status_code < 400 else read_body(response, LARGEST)
        return Got(response.status_code, response.headers.get("Location", ""), body.decode(errors="replace"))


def ask(**headers: str) -> dict[str, Any] | None:
    """Returns this MixCyfe's description of the request that arrived, or None if another MixCyfe or server answers."""
    nonce = secrets.token_urlsafe()
    got = get("/doctor", **{ASK_BY: signing.dumps(nonce, salt=QUESTION)}, **headers)
    try:
        seen: dict[str, Any] = signing.loads(got.body, salt=ANSWER, max_age=ENDS_AFTER)
    except signing.BadSignature:
        return None
    return seen if seen["nonce"] == nonce else None


def misled(health: Got) -> Finding | None:
    """A finding if SITE_URL redirects, if its host is not allowed, or if the proxy can't reach MixCyfe."""
    if health.location:
        to = urlsplit(health.location)
        where = f"{to.scheme}://{to.netloc}" if to.netloc else "another page there"
        return fix(
            ABOUT, f"the address redirects to {where[:100]}: set SITE_URL to the address where the redirects end."
        )
    if health.status == 400:
        return fix(
            ABOUT,
            "the server answers “Bad request”: add the host of SITE_URL to ALLOWED_HOSTS, or have the proxy pass on "
            "the header Host.",
        )
    if health.status in (502, 504):
        return fix(ABOUT, f"the proxy answers {health.status}: start MixCyfe on the port that the proxy uses.")
    return None


def unreachable(error: Exception) -> str:
    why = "the server did not answer in time" if isinstance(error, requests.Timeout | TimeoutError) else reason(error)
    if is_local():
        return f"nothing answers at {settings.SITE_URL} ({why}): start MixCyfe (manage.py serve)."
    return (
        f"{settings.SITE_URL} can't be reached from here ({why}): check the DNS entry, the certificate and the proxy. "
        "If other machines can reach this address, you can ignore this finding."
    )


def of_health(health: Got) -> Finding:
    try:
        status = str(json.loads(health.body)["status"])
    except (ValueError, KeyError, TypeError):
        status = "no status"
    if health.status != 200 or status != "ok":
        return fix(ABOUT, f"/healthz answers {health.status} ({status[:100]}): look for the cause in MixCyfe's log.")
    if is_local():
        return ok(
            ABOUT,
            "this MixCyfe answers at this address. Only this machine can reach the address: Cyfe needs a public one.",
        )
    return ok(ABOUT, "this MixCyfe answers at this address.")


def of_proxy(seen: dict[str, Any]) -> Iterator[Finding]:
    found = [*of_settings(seen), *of_forged_headers(seen)]
    trusted = "MixCyfe believes the proxy's headers, and the proxy replaces forged headers of visitors."
    yield from found or [
        ok(
            PROXY,
            trusted
            if seen["trusts"]
            else "there is no sign of a proxy, and MixCyfe ignores the headers that proxies set.",
        )
    ]
    if (seen["trusts"], seen["site_url"]) != (settings.TRUST_PROXY, settings.SITE_URL):
        yield ok(
            PROXY,
            "the running server has another TRUST_PROXY or SITE_URL than this command. On a machine that runs only "
            "workers, this difference is normal. On other machines, restart the server.",
        )


def of_settings(seen: dict[str, Any]) -> Iterator[Finding]:
    if seen["has_proxy"] and not seen["trusts"]:
        yield fix(
            PROXY,
            "there is a proxy, and TRUST_PROXY is off, so all visitors seem to have the same IP address, and one "
            "visitor can lock out all others: if the proxy sets X-Forwarded-For and X-Forwarded-Proto itself, set "
            "TRUST_PROXY=on.",
        )
    if seen["trusts"] and not seen["has_address"]:
        yield fix(
            PROXY,
            f"TRUST_PROXY is on, but no X-Forwarded-For arrives: {HOW}. If there is no proxy, set TRUST_PROXY=off.",
        )
    if settings.SITE_IS_HTTPS and not seen["is_secure"]:
        yield fix(
            PROXY,
            "HTTPS requests arrive as HTTP, so pages redirect endlessly: make the proxy set X-Forwarded-Proto, "
            "and set TRUST_PROXY=on.",
        )


def of_forged_headers(seen: dict[str, Any]) -> Iterator[Finding]:
    """Sends forged headers, as an attacker would. Yields a finding for each header that MixCyfe believes."""
    other = "http" if settings.SITE_IS_HTTPS else "https"
    believed = ask(**{"X-Forwarded-Proto": other})
    if believed and believed["is_secure"] != seen["is_secure"]:
        yield fix(
            PROXY, f"the proxy passes on the X-Forwarded-Proto of strangers, and MixCyfe believes this header: {HOW}."
        )
    believed = ask(**{"X-Forwarded-For": FORGED})
    if believed and believed["client"] == FORGED:
        yield fix(
            PROXY,
            "the proxy passes on the X-Forwarded-For of strangers, and MixCyfe believes this header, so an "
            f"attacker can evade the limit on wrong passwords: {HOW}.",
        )
    believed = ask(**{UNDERSCORES: "on"})
    if believed and believed["has_underscores"] and seen["trusts"]:
        yield fix(
            PROXY,
            "the proxy passes on headers with underscores, so a stranger's X_Forwarded_For has the effect of "
            "X-Forwarded-For: have the proxy drop headers with underscores, as the files in deploy/ do.",
        )
