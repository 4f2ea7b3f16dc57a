"""Checks whether Cyfe, which polls from the internet, could reach SITE_URL. Looks only at the address."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

PRIVATE_NAMES = ("localhost", "local", "internal", "lan", "home", "test", "example", "invalid")
"""Endings of host names that do not exist on the internet, from RFC 6761, RFC 6762 and common routers."""


def out_of_reach() -> str:
    """The reason why Cyfe can't reach the widgets' addresses, and the remedy; empty if SITE_URL looks public."""
    url = urlsplit(settings.SITE_URL)
    host = url.hostname or ""
    if url.scheme != "https":
        why = "the address does not start with https:"
    elif is_private(host):
        why = f"“{host}” exists only in your own network"
    else:
        return ""
    return f"Cyfe can't reach {settings.SITE_URL}: {why}. Set SITE_URL to the public https address of this site."


def is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.rpartition(".")[2] in PRIVATE_NAMES
