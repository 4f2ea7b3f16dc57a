"""Sends one message with Apprise, or checks one address, in a separate process. Imports nothing of MixCyfe.

The process reads the job (`sending.described`) as JSON from standard input. It writes `{"why": ""}` after success, else
`{"why": code}` with a code from `sending.WORDS`. Because people type the addresses and unknown servers answer, the
process has no settings and no keys, writes no file, and starts no program. It connects to hosts inside MixCyfe's
network only if the job's `may_be_inside` is true, or if they are the proxies in the environment variables.
"""

import contextlib
import importlib
import io
import ipaddress
import json
import logging
import os
import resource
import smtplib
import socket
import ssl
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

MEMORY = 1024**3
"""The maximum memory in bytes. If a service sends an endless answer, only this process fails."""

LARGEST_ANSWER = 1024**2
"""In bytes. `MEMORY` is not enough, because a host can forbid processes to set limits, as `deploy/systemd` does."""

PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty.spawn")
CONNECTING = ("socket.connect", "socket.sendto", "socket.sendmsg")

INSIDE = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "168.63.129.16/32", "fec0::/10", "3fff::/20", "64:ff9b:1::/48"))
)
"""Networks that are not public, but that Python treats as public: some in all versions, others in older versions."""

seen: list[str] = []
"""The codes of all errors, in order, because Apprise only says whether the message was sent."""


class HostInside(OSError):
    """The host is inside MixCyfe's network. Libraries treat an OSError as a failed connection."""


def is_outside(ip: str) -> bool:
    """Whether the IP address is public. If an IPv6 address contains an IPv4 address, the IPv4 address decides."""
    try:
        address: Any = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if address.version == 6:
        nat64 = address in ipaddress.ip_network("64:ff9b::/96")
        carried = ipaddress.ip_address(int(address) & 0xFFFFFFFF) if nat64 else None
        carried = carried or address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        address = carried or address
    if any(address in network for network in INSIDE):
        return False
    return bool(address.is_global and not address.is_multicast and not address.is_reserved)


def addresses_of(host: str, port: int = 0) -> set[str]:
    return {str(found[4][0]) for found in socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)}


def proxies() -> set[tuple[str, int]]:
    """The IP addresses and ports of the proxies that the host's owner has set in environment variables."""
    found: set[tuple[str, int]] = set()
    for url in getproxies().values():
        with contextlib.suppress(OSError, ValueError):
            parts = urlsplit(url if "//" in url else f"http://{url}")
            port = parts.port or {"https": 443, "socks5": 1080, "socks5h": 1080}.get(parts.scheme, 80)
            found |= {(ip, port) for ip in addresses_of(parts.hostname or "")}
    return found


def guard(*, may_be_inside: bool) -> None:
    """Forbids all libraries to start programs, and to connect to hosts inside MixCyfe's network, except for proxies.

    `may_be_inside` allows all connections.
    """
    allowed = set() if may_be_inside else proxies()

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in PROGRAMS:
            raise PermissionError("this process must not start programs")
        if event in CONNECTING and not may_be_inside:
            address = args[-1] if event != "socket.sendmsg" else args[1]
            ip, port = address[:2] if isinstance(address, tuple) else ("", 0)
            if (ip, port) not in allowed and not is_outside(str(ip)):
                raise HostInside("the host is inside the network")

    sys.addaudithook(hook)


def limit() -> None:
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


def code_of(error: BaseException) -> str:
    """The code for this exception, or for an exception that caused it."""
    chain: list[BaseException] = []
    queue: list[Any] = [error]
    while queue and len(chain) < 20:
        each = queue.pop(0)
        if isinstance(each, BaseException) and each not in chain:
            chain.append(each)
            queue += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    kinds: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
        ((HostInside,), "inside"),
        ((MemoryError,), "large"),
        ((socket.gaierror,), "name"),
        ((ssl.SSLError,), "tls"),
        ((smtplib.SMTPAuthenticationError,), "login"),
        ((smtplib.SMTPRecipientsRefused,), "recipients"),
        ((smtplib.SMTPResponseException,), "smtp"),
        ((TimeoutError,), "slow"),
        ((ConnectionRefusedError,), "refused"),
    )
    for classes, code in kinds:
        if any(isinstance(each, classes) for each in chain):
            return code
    return "slow" if any("timeout" in type(each).__name__.lower() for each in chain) else "unreachable"


def remember(owner: Any, name: str, code: Callable[[Any], str]) -> None:
    """Wraps the method `name` of the class `owner`, so that the codes of its errors are added to `seen`.

    `code` returns the code for the method's result, or "" if the result is not an error.
    """
    original = getattr(owner, name)

    def noting(*args: Any, **kwargs: Any) -> Any:
        try:
            result = original(*args, **kwargs)
        except Exception as error:
            seen.append(code_of(error))
            raise
        if found := code(result):
            seen.append(found)
        return result

    setattr(owner, name, noting)


def read_only_the_beginning(session: Any) -> None:
    """Makes the library requests raise MemoryError for an answer larger than LARGEST_ANSWER."""
    original = session.request

    def bounded(*args: Any, **kwargs: Any) -> Any:
        answer = original(*args, **{**kwargs, "stream": True})
        answer._content = answer.raw.read(LARGEST_ANSWER + 1, decode_content=True)
        answer._content_consumed = True
        answer.close()
        if len(answer._content) > LARGEST_ANSWER:
            raise MemoryError
        return answer

    session.request = bounded


def options_in(parsed: dict[str, Any]) -> set[str]:
    """The names of the address's query parameters, in lower case."""
    return {str(name).lower() for name in parsed.get("qsd") or ()}


def open_address(job: dict[str, Any]) -> Any:
    """Returns Apprise's object for the address. Raises ValueError with a code if the address is refused."""
    import apprise

    plugin = getattr(importlib.import_module(f"apprise.plugins.{job['module']}"), job["plugin"])
    parse = plugin.parse_native_url if job["is_pasted"] else plugin.parse_url
    parsed = parse(job["url"])
    if not parsed:
        raise ValueError("address")
    may_begin = ("+", "-", ":") if job["is_webhook"] else ()
    if any(name not in job["options"] and name[:1] not in may_begin for name in options_in(parsed)):
        raise ValueError("address")
    asset = apprise.AppriseAsset(app_id="MixCyfe", app_desc="MixCyfe", app_url=job["site"], storage_mode="memory")
    asset.http_redirects = False
    asset.image_url_mask = asset.image_url_logo = ""  # the host of a picture would learn who reads the message
    asset.pgp_autogen = asset.pem_autogen = False
    try:
        target = plugin(**{**parsed, "format": "text"}, asset=asset)
    except TypeError:  # Apprise raises this if the address lacks a part
        raise ValueError("address") from None
    target.socket_connect_timeout = target.socket_read_timeout = job["seconds"] / 2
    if not job["may_be_inside"]:
        check_host(target, names_host=job["names_host"])
    return target


def check_host(target: Any, *, names_host: bool) -> None:
    """Raises ValueError with a code if the connection is not encrypted, or the host is unknown or inside the network.

    `guard` also blocks hosts inside the network, but only when a message is sent.
    """
    secure_mode = getattr(target, "secure_mode", None)
    if not target.secure or secure_mode == "insecure":
        raise ValueError("plain")
    if not names_host:
        return
    try:
        found = addresses_of(getattr(target, "smtp_host", None) or target.host)
    except (OSError, UnicodeError):
        raise ValueError("name") from None
    if not all(map(is_outside, found)):
        raise ValueError("inside")


def work(job: dict[str, Any]) -> str:
    """Sends the message, or checks the address. Returns a code from `sending.WORDS`, or "" after success."""
    import apprise
    import requests

    read_only_the_beginning(requests.Session)
    remember(requests.Session, "request", lambda answer: "" if answer.ok and answer.status_code < 300 else "http")
    for name in ("connect", "starttls", "login", "sendmail"):
        remember(smtplib.SMTP, name, lambda result: "")
    try:
        target = open_address(job)
    except ValueError as error:
        return str(error) if str(error) in ("address", "plain", "name", "inside") else "address"
    if "body" not in job:
        return ""
    sender = apprise.Apprise(asset=target.asset)
    sender.add(target)
    ok = sender.notify(
        body=job["body"],
        title=job["title"],
        notify_type=apprise.NotifyType(job["type"]),
        body_format=apprise.NotifyFormat.TEXT,
    )
    return "" if ok else (seen[0] if seen else "unknown")


def main() -> None:
    job = json.load(sys.stdin)
    answer_to = os.dup(1)
    sys.stdout = sys.stderr = io.StringIO()
    logging.disable(logging.CRITICAL)
    limit()
    guard(may_be_inside=job["may_be_inside"])
    try:
        why = work(job)
    except MemoryError:
        why = "large"
    except Exception as error:  # noqa: BLE001 - the traceback could contain the address
        why = code_of(error) if isinstance(error, OSError) else "unknown"
    os.write(answer_to, json.dumps({"why": why}).encode())
    os._exit(0)  # ends the process without waiting for Apprise's threads


if __name__ == "__main__":
    main()
