"""Addresses for notices: which are allowed, which parts are shown, and that a lead can't reach the host's network."""

import re
import socket
import subprocess
import time
from dataclasses import replace
from typing import Any

import pytest

from tests.notices.conftest import PASSWORD, Webhook
from widgets.models.notice_address import BadAddress, read_address
from widgets.models.notice_services import BY_SCHEME, SERVICES
from widgets.notices import child, sending

FROM_SERVICES = [
    f"https://hooks.slack.com/services/T0123ABCD/B0123ABCD/{'x' * 24}",
    f"https://prod-12.westus.logic.azure.com:443/workflows/{'3' * 32}/triggers/manual/paths/invoke"
    "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    f"https://discord.com/api/webhooks/123456789012345678/{'x' * 68}",
    f"https://chat.googleapis.com/v1/spaces/AAAA/messages?key={'k' * 39}&token={'t' * 43}",
]
TYPED = [
    "mailtos://robot:pw@smtp.example.com?from=mixcyfe@example.com&to=team@example.com",
    "mmosts://mattermost.example.com/abcdefghijklmnopqrstuvwxyz",
    "rockets://user:pw@rocket.example.com/#channel",
    "matrixs://user:pw@matrix.example.com/#room",
    "webex://" + "w" * 80,
    "tgram://123456789:abcdefghijklmnopqrstuvwxyz-_0123456/12315544/",
    "pover://" + "u" * 30 + "@" + "t" * 30,
    "ntfys://topic",
    "gotifys://gotify.example.com/abcdefghijklmno",
    f"pagerduty://{'i' * 32}@{'a' * 20}",
    "opsgenie://" + "a" * 36,
    "jsons://hooks.example.com/path?+Authorization=Bearer%20x&:message=text",
    "forms://hooks.example.com/path",
    "xmls://hooks.example.com/path",
]
REFUSED = [
    "file:///etc/passwd",
    "dbus://",
    "syslog://",
    "windows://",
    "gnome://",
    "macosx://",
    "exec://rm",
    "apprise://host/token",
    "http://127.0.0.1/",
    "https://hooks.example.com/path",
    "jsons://host/?attach=/etc/passwd",
    "jsons://host/?redirect=yes",
    "jsons://host/?verify=no",
    "jsons://host/#x?store=yes",
    "jsons://host/?a=1;format=html",
    "mailtos://u:p@host?pgp=sign&pgpprv=/etc/passwd",
    f"slack://T/B/{PASSWORD}?template=/etc/passwd",
    f"ntfys://{PASSWORD}?attach=http://169.254.169.254/",
    "jsons://user:s p@host/",
    "jsons://[::1/",
    "jsons://host:99999999/",
    "jsons://" + "x" * 1000,
    "",
]


@pytest.mark.parametrize("url", REFUSED)
def test_it_refuses_wrong_and_dangerous_addresses(url: str) -> None:
    with pytest.raises(BadAddress) as said:
        read_address(url)
    assert PASSWORD not in str(said.value)
    assert "/etc" not in str(said.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "jsons://host/?attach=/etc/passwd&method=GET&+X-Ok=1",
            "2 options after the ? that MixCyfe does not allow. Allowed: names that begin with + (a header), - (a "
            "parameter) or : (a key of the message).",
        ),
        ("discord://1/2?footer=yes", "an option after the ? that MixCyfe does not allow. Allowed: thread."),
        (
            "mmost://host/token?icon_url=x",
            "an option after the ? that MixCyfe does not allow. Allowed: channel, channels, to.",
        ),
    ],
)
def test_it_says_which_options_are_allowed(url: str, said: str) -> None:
    with pytest.raises(BadAddress, match=re.escape(said)):
        read_address(url)


@pytest.mark.slow
def test_apprise_accepts_an_address_of_every_service() -> None:
    """Apprise checks an example address of every service, without sending a message."""
    targets = [read_address(url) for url in FROM_SERVICES + TYPED]
    assert {target.service.title for target in targets} == {service.title for service in SERVICES}
    assert sending.check([(target, True) for target in targets]) == [""] * len(targets)


def test_the_sending_process_refuses_bad_addresses_that_our_own_check_accepts() -> None:
    """One address has an escaped option that `read_address` does not see. The other addresses lack a part."""
    hidden = replace(read_address("jsons://host/"), url="jsons://host/?%61ttach=/etc/passwd")
    targets = [(hidden, True), *((read_address(url), True) for url in ("slack://T", "pover://u"))]
    assert sending.check(targets) == [sending.WORDS["address"]] * 3


def read(url: str) -> Any:
    try:
        return read_address(url)
    except BadAddress:
        return None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"json://user:{PASSWORD}@127.0.0.1:9000/{PASSWORD}?+X={PASSWORD}", "json://127.0.0.1:9000"),
        (f"jsons://[2001:db8::1]:8443/{PASSWORD}", "jsons://[2001:db8::1]:8443"),
        (f"mailtos://robot:{PASSWORD}@smtp.example.com?to=a@example.com", "mailtos://smtp.example.com"),
        (f"ntfys://{PASSWORD}", "ntfys://"),
        (f"ntfys://ntfy.example.com/{PASSWORD}", "ntfys://ntfy.example.com"),
        (f"matrixs://{PASSWORD}", "matrixs://"),
        (f"slack://T0123ABCD/B0123ABCD/{PASSWORD}", "Slack"),
        (FROM_SERVICES[1], "Microsoft Teams"),
    ],
)
def test_it_shows_no_secret(url: str, shown: str) -> None:
    target = read_address(url)
    assert target.shown == shown
    assert PASSWORD not in repr(target)


@pytest.mark.parametrize("scheme", sorted(BY_SCHEME))
def test_addresses_with_a_plain_scheme_are_not_encrypted(scheme: str) -> None:
    plain = ("mailto", "mmost", "rocket", "matrix", "ntfy", "gotify", "json", "form", "xml")
    assert read_address(f"{scheme}://host.example.com/x").is_encrypted == (scheme not in plain)


@pytest.mark.parametrize(
    ("ip", "outside"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
        ("fec0::1", False),
        ("64:ff9b:1::7f00:1", False),
        ("192.0.0.192", False),
        ("168.63.129.16", False),
        ("/run/socket", False),
        ("localhost", False),
    ],
)
def test_it_knows_the_hosts_inside_the_network(ip: str, outside: bool) -> None:
    assert child.is_outside(ip) == outside


INSIDE = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    "2130706433",
    "0x7f.1",
    "[::ffff:127.0.0.1]",
    "169.254.169.254",
    "10.0.0.1",
]


def test_an_address_of_a_lead_reaches_no_host_inside_the_network() -> None:
    targets = [target for host in INSIDE if (target := read(f"jsons://{host}:8443/"))]
    targets.append(read_address("mailtos://u:p@example.com?smtp=127.0.0.1&from=a@example.com"))
    assert len(targets) >= 6
    found = sending.check([(target, False) for target in targets])
    assert set(found) <= {sending.WORDS["inside"], sending.WORDS["address"], sending.WORDS["name"]}
    assert found.count(sending.WORDS["inside"]) >= 5


def test_the_sending_process_connects_to_no_host_inside_and_starts_no_program(webhook: Webhook) -> None:
    """`check_host` checks a name earlier, but then the name might lead to another host."""
    code = (
        f"import sys; sys.path.insert(0, {str(sending.CHILD.parent)!r})\n"
        "import child, socket, requests\n"
        "child.guard(may_be_inside=False)\n"
        f"for host in ('127.0.0.1', 'localhost', '2130706433'):\n"
        f"    try: requests.post(f'http://{{host}}:{webhook.port}/', timeout=2)\n"
        "    except requests.ConnectionError as error: print(child.code_of(error))\n"
        "try: __import__('subprocess').run(['true'])\n"
        "except PermissionError: print('no programs')\n"
    )
    told = subprocess.run([sending.python(), "-c", code], capture_output=True, text=True, timeout=20, check=True)
    assert told.stdout.split("\n")[:4] == ["inside", "inside", "inside", "no programs"]
    assert not webhook.paths


def test_a_proxy_on_this_host_allows_connections_only_to_its_own_port(webhook: Webhook) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(sending.CHILD.parent)!r})\n"
        "import child, socket\n"
        "child.guard(may_be_inside=False)\n"
        "for port in map(int, sys.argv[1:]):\n"
        "    try: socket.create_connection(('127.0.0.1', port), 5); print('connected')\n"
        "    except child.HostInside: print('inside')\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as other:
        told = subprocess.run(
            [sending.python(), "-c", code, str(webhook.port), str(other.getsockname()[1])],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
            env={"https_proxy": f"http://127.0.0.1:{webhook.port}"},
        )
    assert told.stdout.split() == ["connected", "inside"]


def test_it_follows_no_redirect(webhook: Webhook) -> None:
    webhook.status, webhook.headers = 302, {"Location": "/elsewhere"}
    job = sending.Job(read_address(webhook.url), True, "title", "body")
    assert sending.run([job], 90) == [sending.WORDS["http"]]
    assert len(webhook.paths) == 1


def test_an_endless_answer_counts_as_too_large(webhook: Webhook) -> None:
    webhook.is_endless = True
    job = sending.Job(read_address(webhook.url), True, "title", "body")
    assert sending.run([job], 90) == [sending.WORDS["large"]]


def test_a_service_that_does_not_answer_costs_only_the_timeout(webhook: Webhook) -> None:
    webhook.is_mute = True
    started = time.monotonic()
    job = sending.Job(read_address(webhook.url), True, "title", "body")
    assert sending.run([job, job], 1.5) == [sending.WORDS["slow"]] * 2
    assert time.monotonic() - started < 5


def test_the_error_messages_have_no_placeholders() -> None:
    assert not any(re.search(r"[{}%]", words) for words in sending.WORDS.values())


def test_the_sending_process_gets_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "DATABASE_URL", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "x")
    given = sending.environment()
    assert given["HTTPS_PROXY"] == "x"
    assert all(name in sending.ENVIRONMENT or name.lower().endswith("_proxy") for name in given)
