"""Whether Cyfe, which polls from anywhere in the internet, can reach this site by its own address."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

PRIVATE_NAMES = ("localhost", "local", "internal", "lan", "home", "test", "example", "invalid")
"""Last parts of names that no public name ends in: RFC 6761, 6762, and what routers and companies use."""


def out_of_reach() -> str:
    """Why Cyfe can't reach the addresses of widgets, and what to do; empty when it can."""
    url = urlsplit(settings.SITE_URL)
    host = url.hostname or ""
    if url.scheme != "https":
        why = "it does not start with https:, which Cyfe wants"
    elif is_private(host):
        why = f"“{host}” is known in your own network only"
    else:
        return ""
    return f"Cyfe can't reach {settings.SITE_URL}: {why}. Set SITE_URL to the public https address of this site."


def is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.rpartition(".")[2] in PRIVATE_NAMES
