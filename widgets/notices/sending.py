"""Runs the library Apprise in separate processes (`child`). Each process has a deadline, so no service blocks a thread.

A process gets the address through a pipe and returns only a code, so no log, command line or exception contains the
address.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from widgets.models.notice_address import NoticeTarget
from widgets.models.notice_services import WEBHOOKS

CHILD = Path(__file__).with_name("child.py")
SEND_SECONDS = 20
TEST_SECONDS = 10
CHECK_SECONDS = 8

AT_ONCE = 3
"""The maximum number of Apprise processes that one thread runs at the same time, because each needs memory."""

ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
"""An Apprise process gets only these environment variables and those for proxies, so it gets no keys."""

WORDS = {
    "address": "This address is incomplete, or a part of it is wrong. Compare the address with the example.",
    "plain": "Messages to this address are not encrypted. Use an encrypted form, for example jsons:// or mailtos://.",
    "inside": "This host is inside the network of MixCyfe's server. Only a superuser can add such an address.",
    "name": "The host name in this address does not exist.",
    "tls": "The connection can't be encrypted: the host's certificate is not valid, or the port does not use TLS.",
    "login": "The mail server refuses the user name or the password.",
    "recipients": "The mail server refuses the recipients.",
    "smtp": "The mail server refuses the message.",
    "slow": "The service did not answer in time.",
    "refused": "No program accepts connections at this host and port.",
    "unreachable": "The host can't be reached.",
    "http": "The service answered with an error. The token or path in the address might be wrong or no longer valid.",
    "large": "The service's answer is too large.",
    "unknown": "The service did not accept the message.",
}
"""Code → message for people. No message quotes the service's answer, which might contain the address."""


@dataclass(frozen=True, slots=True)
class Job:
    """A message to an address. With an empty `body`, the address is only checked. `type`: Apprise's message type."""

    target: NoticeTarget
    may_be_inside: bool
    title: str = ""
    body: str = ""
    type: str = "info"


def check(targets: Sequence[tuple[NoticeTarget, bool]]) -> list[str]:
    """Checks the addresses without sending a message. Returns each address's problem, or "" if it has none."""
    jobs = [Job(target, may_be_inside) for target, may_be_inside in targets]
    batches = (jobs[first : first + AT_ONCE] for first in range(0, len(jobs), AT_ONCE))
    return [why for batch in batches for why in run(batch, CHECK_SECONDS)]


def run(jobs: Sequence[Job], seconds: float) -> list[str]:
    """Runs all jobs at the same time, each in its own process. Returns each job's failure, or "" after success."""
    processes = [start(job, seconds) for job in jobs]
    ends = time.monotonic() + seconds
    return [finish(process, ends) for process in processes]


def start(job: Job, seconds: float) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(  # noqa: S603 - our own file
        [python(), "-B", "-P", "-s", str(CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        cwd="/",
    )
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(described(job, seconds)).encode())
        process.stdin.close()
    except BrokenPipeError:
        pass  # the process has ended too early; `finish` reports that
    process.stdin = None
    return process


def described(job: Job, seconds: float) -> dict[str, Any]:
    service = job.target.service
    described = {
        "url": job.target.url,
        "is_pasted": job.target.is_pasted,
        "module": service.module,
        "plugin": service.plugin,
        "options": sorted(service.options),
        "names_host": job.target.names_host,
        "is_webhook": service.module in WEBHOOKS,
        "may_be_inside": job.may_be_inside,
        "seconds": seconds,
        "site": settings.SITE_URL,
        "type": job.type,
    }
    return described | ({"title": job.title, "body": job.body} if job.body else {})


def finish(process: "subprocess.Popen[bytes]", ends: float) -> str:
    try:
        written, _ = process.communicate(timeout=max(0.01, ends - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return WORDS["slow"]
    try:
        why = json.loads(written)["why"]
    except (ValueError, KeyError):
        return WORDS["unknown"]
    return WORDS.get(why, WORDS["unknown"]) if why else ""


def python() -> str:
    """The path of Python. In a server that embeds Python, such as uWSGI, `sys.executable` names the server."""
    if "python" in Path(sys.executable or "").name:
        return sys.executable
    return str(Path(sys.prefix) / "bin" / "python3")


def environment() -> dict[str, str]:
    proxies = [name for name in os.environ if name.lower().endswith("_proxy")]
    return {name: os.environ[name] for name in (*ENVIRONMENT, *proxies) if name in os.environ}
