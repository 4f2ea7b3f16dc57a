"""Runs Apprise, in processes of its own with a deadline: a slow or dead service delays nobody, and no process that
answers polls ever imports Apprise.

The address goes in by a pipe, and a code comes out: no log, no command line and no exception holds the address.
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

from widgets.models import NoticeAddress
from widgets.models.encrypted import SecretLost
from widgets.models.notice_address import WEBHOOKS, BadAddress, NoticeTarget, read_address

CHILD = Path(__file__).with_name("child.py")
SEND_SECONDS = 20
TEST_SECONDS = 10
CHECK_SECONDS = 8

AT_ONCE = 3
"""Processes at once: each needs some memory."""

ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
"""The process gets only these environment variables and those of proxies. So it sees no settings and no keys."""

WORDS = {
    "address": "This address is not complete, or a part of it can't be right. Compare it with the example.",
    "plain": "This address sends without encryption. Use its encrypted form, for example jsons:// or mailtos://.",
    "inside": "This host is inside the network of this server. Only a superuser may add such an address.",
    "name": "There is no host with this name.",
    "tls": "The connection can't be encrypted: the certificate is not valid, or the port expects no TLS.",
    "login": "The mail server refuses the user name or the password.",
    "recipients": "The mail server refuses the recipients.",
    "smtp": "The mail server refuses the message.",
    "slow": "The service did not answer in time.",
    "refused": "Nothing listens at this host and port.",
    "unreachable": "The host can't be reached.",
    "http": "The service answered with an error. The token or the path may be wrong, or no longer valid.",
    "large": "The service's answer is too large.",
    "unknown": "The service did not take the message.",
}
"""Code → words for people. Nothing of the service's answer is repeated: it may contain the address."""


@dataclass(frozen=True, slots=True)
class Job:
    """One message for one address. Without a `body`, the address is only checked. `type`: a type of Apprise."""

    target: NoticeTarget
    may_be_inside: bool
    title: str = ""
    body: str = ""
    type: str = "info"


def job_for(address: NoticeAddress, title: str, body: str, type: str = "info") -> Job:
    """Raises SecretLost if no key decrypts the address, and BadAddress if only an older version allowed the address."""
    return Job(read_address(address.url.reveal()), address.may_be_inside, title, body, type)


def problem_with(address: NoticeAddress, title: str, body: str, type: str, seconds: float) -> str:
    """Sends one message. Returns why it could not be sent, for people; empty when the service took it."""
    try:
        [why] = run([job_for(address, title, body, type)], seconds)
    except (SecretLost, BadAddress) as error:
        return str(error)
    return why


def check(targets: Sequence[tuple[NoticeTarget, bool]]) -> list[str]:
    """Checks the addresses without sending a message. Returns the problem of each address; empty if none was found."""
    jobs = [Job(target, may_be_inside) for target, may_be_inside in targets]
    batches = (jobs[first : first + AT_ONCE] for first in range(0, len(jobs), AT_ONCE))
    return [why for batch in batches for why in run(batch, CHECK_SECONDS)]


def run(jobs: Sequence[Job], seconds: float) -> list[str]:
    """Does all jobs at once, each in its own process. Returns why each failed; empty for those that went well."""
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
        pass  # the process has died, which `finish` reports
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
    """The interpreter. In a server that embeds Python, such as uWSGI, `sys.executable` is the server."""
    if "python" in Path(sys.executable or "").name:
        return sys.executable
    return str(Path(sys.prefix) / "bin" / "python3")


def environment() -> dict[str, str]:
    proxies = [name for name in os.environ if name.lower().endswith("_proxy")]
    return {name: os.environ[name] for name in (*ENVIRONMENT, *proxies) if name in os.environ}
