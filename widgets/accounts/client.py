"""Reads the visitor's IP address and User-Agent from a request, and escapes control characters in texts."""

import re
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "0.0.0.0"  # noqa: S104 - stands for no address; nothing listens on it

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Newlines, terminal escapes, signs that change the writing direction, and surrogates, which databases can't store."""


def harmless(text: str) -> str:
    return CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def client_address(request: HttpRequest) -> str:
    """The visitor's IP address. With TRUST_PROXY, it is the last entry of X-Forwarded-For, which the proxy appends.

    Without TRUST_PROXY, or if this entry is not an address, it is the connection's address. The result is empty if the
    connection has no address.
    """
    direct: str = request.META.get("REMOTE_ADDR", "")
    direct = address_in(direct) or direct
    if not settings.TRUST_PROXY:
        return direct
    seen = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[-1].strip()
    return address_in(seen) or direct


def client_network(request: HttpRequest) -> str:
    """The network that counts as one visitor: an IPv4 address, or the first address of an IPv6 address's /64 network.

    IPv6 providers give every customer a whole /64 network. All requests without an address count as UNKNOWN.
    """
    try:
        address = ip_address(client_address(request))
    except ValueError:
        return UNKNOWN
    bits = 32 if address.version == 4 else 64
    return str(ip_network(f"{address}/{bits}", strict=False).network_address)


def address_in(text: str) -> str:
    """The IP address in a text such as `203.0.113.9:4711` or `[2001:db8::1]:4711`; empty if the text holds none.

    The port and the brackets are optional. An IPv4 address in IPv6 notation (`::ffff:203.0.113.9`) becomes IPv4.
    """
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def program(request: HttpRequest) -> str:
    """The request's User-Agent header, cut to 200 characters, with control characters escaped."""
    return harmless(request.headers.get("User-Agent", ""))[:200]
