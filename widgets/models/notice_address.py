"""Checks notice addresses in Apprise's format, without network requests, and finds the part that is not secret.

Addresses can hold passwords and tokens, so no error message repeats any part of an address.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from widgets.models.notice_services import BY_SCHEME, HOST_MAY_BE_SECRET, SERVICES, WEBHOOKS, Service

LONGEST_ADDRESS = 1000
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9]*)://\S+")
HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,253}")
ALLOWED = "an Apprise address that begins with one of " + ", ".join(f"{scheme}://" for scheme in BY_SCHEME)


class BadAddress(ValueError):
    """MixCyfe can't use the address. The message tells people what to write instead."""


@dataclass(frozen=True, slots=True)
class NoticeTarget:
    """An address that MixCyfe can use. `shown`: the part that is not secret. `is_encrypted`: messages travel with TLS.

    `is_pasted`: the address is the https address that the service shows to people, not an address in Apprise's format.
    """

    url: str = field(repr=False)
    service: Service
    is_pasted: bool
    is_encrypted: bool
    shown: str

    @property
    def names_host(self) -> bool:
        """True if the address names the host to connect to. Otherwise Apprise knows the service's host."""
        return self.service.has_host and not self.shown.endswith("://")


def read_address(text: str) -> NoticeTarget:
    """Reads an address that a person entered. Raises BadAddress if the address or one of its options is not allowed."""
    url = text.strip()
    if len(url) > LONGEST_ADDRESS:
        raise BadAddress(f"Write an address of at most {LONGEST_ADDRESS} characters.")
    found = SCHEME.fullmatch(url)
    if not found or any(ord(c) < 33 or ord(c) == 127 for c in url):
        raise BadAddress(f"Write {ALLOWED}. Write spaces as %20.")
    scheme = found[1].lower()
    if scheme in ("http", "https"):
        service = next((each for each in SERVICES if each.pasted and re.match(each.pasted, url, re.IGNORECASE)), None)
        if service is None:
            raise BadAddress("This web address is not known. For your own webhook, write jsons:// instead of https://.")
        return NoticeTarget(url, service, is_pasted=True, is_encrypted=True, shown=service.title)
    if scheme not in BY_SCHEME:
        raise BadAddress(f"Write {ALLOWED}.")
    url = url.replace("#", "%23")  # in these addresses, # begins a channel's name
    service, query = BY_SCHEME[scheme], url.partition("?")[2]
    if wrong := [name for name in names_in(query) if not may_stand(service, name)]:
        extra = ["names that begin with + (a header), - (a parameter) or : (a key of the message)"]
        allowed = ", ".join(sorted(service.options) + extra * (service.module in WEBHOOKS)) or "none"
        count = "an option" if len(wrong) == 1 else f"{len(wrong)} options"
        raise BadAddress(f"This address has {count} after the ? that MixCyfe does not allow. Allowed: {allowed}.")
    is_encrypted = scheme in service.encrypted and "mode=insecure" not in query.lower()
    return NoticeTarget(url, service, is_pasted=False, is_encrypted=is_encrypted, shown=shown(url, scheme, service))


def names_in(query: str) -> list[str]:
    return [part.partition("=")[0].lower() for part in re.split("[&;]", query) if part]


def may_stand(service: Service, option: str) -> bool:
    return option in service.options or (service.module in WEBHOOKS and option[:1] in ("+", "-", ":"))


def shown(url: str, scheme: str, service: Service) -> str:
    if not service.has_host:
        return service.title
    try:
        parts = urlsplit(url.partition("?")[0])
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadAddress("The host or the port in this address is not valid. Check the part after the ://.") from None
    if service.module in HOST_MAY_BE_SECRET and "." not in host:
        return f"{scheme}://"
    if not HOST.fullmatch(host):
        raise BadAddress("The host in this address is not valid. Check the part after the ://.")
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}{f':{port}' if port else ''}"
