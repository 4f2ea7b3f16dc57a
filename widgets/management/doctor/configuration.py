"""Checks the settings, with Django's deployment checks and MixCyfe's own checks."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import run_checks

from widgets.management.doctor.finding import Finding, fix, ok
from widgets.web.site_address import is_private

OF_HTTPS = ("security.W008", "security.W012", "security.W016")
"""Django's warnings about a site without HTTPS. If SITE_URL starts with http:, these warnings are left out.

`of_addresses` warns instead if other machines can reach SITE_URL.
"""

OF_DEBUG = "security.W018"
LIKENESS = 0.85
"""A name with at least this similarity to a setting's name (difflib's ratio) counts as a misspelt setting."""

SHORTEST_NAME = 6
"""Shorter names are not compared with settings, because they often belong to other programs."""

LOOPBACK = ("localhost", "::1")


def configuration() -> Iterator[Finding]:
    found = [*of_names(), *of_django(), *of_addresses(), *of_keys(), *of_mail()]
    yield from found or [ok("settings", "Django's and MixCyfe's checks of the settings find nothing to fix.")]


def of_names() -> Iterator[Finding]:
    """Finds names in the environment or `.env` that look like misspelt settings."""
    for name in sorted(os.environ):
        bare = name.removesuffix("_FILE")
        if len(bare) >= SHORTEST_NAME and bare not in settings.SETTING_NAMES:
            for meant in get_close_matches(bare, settings.SETTING_NAMES, n=1, cutoff=LIKENESS):
                yield fix("settings", f"{name} is not a setting, but {meant} is: correct or remove {name}.")


def of_django() -> Iterator[Finding]:
    for message in run_checks(include_deployment_checks=True):
        if message.is_silenced() or (message.id in OF_HTTPS and not settings.SITE_IS_HTTPS):
            continue
        how = "Set DEBUG=off." if message.id == OF_DEBUG else message.hint
        hint = f" Do: {how}" if how else ""
        yield fix("settings", f"{' '.join(str(message.msg).split())}{hint} ({message.id})")


def of_addresses() -> Iterator[Finding]:
    host = settings.SITE_HOST
    if not settings.SITE_IS_HTTPS and not is_loopback(host):
        yield fix(
            "settings",
            "SITE_URL starts with http:, so passwords and widgets' addresses are sent unencrypted: put a proxy with "
            "TLS in front of MixCyfe (see deploy/), and let SITE_URL start with https:.",
        )
    if is_private(host) and not is_loopback(host):
        yield fix("settings", "SITE_URL leads into a private network, which Cyfe can't reach: use a public address.")
    if "*" in settings.ALLOWED_HOSTS:
        yield fix(
            "settings",
            "ALLOWED_HOSTS has *, so strangers can choose the host name: list your hosts, or leave the setting empty.",
        )


def of_keys() -> Iterator[Finding]:
    keys = settings.FIELD_ENCRYPTION_KEYS
    if any(key in settings.SECRET_KEY for key in keys):
        yield fix(
            "settings",
            "SECRET_KEY contains a key of FIELD_ENCRYPTION_KEYS: write another SECRET_KEY (run manage.py new_key "
            "twice, and join the two keys).",
        )
    if len(set(keys)) < len(keys):
        yield fix("settings", "FIELD_ENCRYPTION_KEYS has a key twice: remove the second copy.")


def of_mail() -> Iterator[Finding]:
    server = settings.MAIL_SERVER
    is_encrypted = server.get("EMAIL_USE_TLS") or server.get("EMAIL_USE_SSL")
    if server.get("EMAIL_HOST_PASSWORD") and not is_encrypted and not is_loopback(str(server.get("EMAIL_HOST"))):
        yield fix(
            "settings",
            "EMAIL_URL sends the mail server's password unencrypted: let EMAIL_URL start with smtp+tls:// or smtp+ssl://.",
        )


def is_loopback(host: str) -> bool:
    return host in LOOPBACK or host.startswith("127.")


def is_local() -> bool:
    """Whether SITE_URL is a loopback address, which only this machine can reach."""
    return is_loopback(urlsplit(settings.SITE_URL).hostname or "")
