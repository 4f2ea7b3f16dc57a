"""Checks addresses for notices in Apprise's format, and finds the part of an address that is not secret.

This module makes no network requests. An address is a secret, because it can hold passwords and tokens. So no error
message of this module repeats any part of an address. https://github.com/caronc/apprise/wiki lists Apprise's formats.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LONGEST_ADDRESS = 1000
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9]*)://\S+")
HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,253}")


@dataclass(frozen=True, slots=True)
class Service:
    """A service to which Apprise can send messages. `module` and `plugin`: its module and class in `apprise.plugins`.

    `encrypted` and `plain`: the schemes of addresses with and without TLS. `options`: the names that are allowed after
    the `?`. MixCyfe refuses all other options of Apprise, because some of them read local files, turn checks off, or
    change the format. `pasted`: a regular expression for the beginning of the web address that the service gives to its
    users. `has_host`: people write the service's host into the address; MixCyfe shows the host, because it is not
    secret.
    """

    title: str
    module: str
    plugin: str
    encrypted: tuple[str, ...]
    example: str
    plain: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()
    pasted: str = ""
    has_host: bool = False
    help: str = ""

    @property
    def schemes(self) -> tuple[str, ...]:
        return (*self.encrypted, *self.plain)


def options(names: str) -> frozenset[str]:
    return frozenset(names.split())


WEBHOOK = (
    "MixCyfe sends a POST to this address, with the keys title, message and type (info, success, warning or failure)."
)
SERVICES = (
    Service(
        "Mail",
        "email",
        "NotifyEmail",
        ("mailtos",),
        "mailtos://user:password@smtp.example.com?from=mixcyfe@example.com&to=team@example.com",
        plain=("mailto",),
        options=options("to from name cc bcc reply smtp mode user pass"),
        has_host=True,
        help="Your mail server, with a user name and password for sending. Write @ in a user name as %40.",
    ),
    Service(
        "Slack",
        "slack",
        "NotifySlack",
        ("slack",),
        "https://hooks.slack.com/services/T…/B…/…",
        options=options("mode"),
        pasted=r"https://hooks\.slack(-gov)?\.com/",
        help="In Slack: Apps → Incoming Webhooks → Add to Slack. Paste the webhook's URL.",
    ),
    Service(
        "Microsoft Teams",
        "workflows",
        "NotifyWorkflows",
        ("workflows", "workflow"),
        "https://….logic.azure.com:443/workflows/…/triggers/manual/paths/invoke?…",
        options=options("route routeid workflow id signature sig api-version ver pa powerautomate sp sv"),
        pasted=r"https://[\w.-]+\.(logic\.azure\.[a-z]+|(power|apps)platform(\.[\w-]+){1,3})[:/]",
        help="In Teams: the channel's … → Workflows → “Send webhook alerts to a channel”. Paste the workflow's URL.",
    ),
    Service(
        "Discord",
        "discord",
        "NotifyDiscord",
        ("discord",),
        "https://discord.com/api/webhooks/…/…",
        options=options("thread"),
        pasted=r"https://discord(app)?\.com/api/webhooks/",
        help="In Discord: the channel's settings → Integrations → Webhooks. Paste the webhook's URL.",
    ),
    Service(
        "Google Chat",
        "google_chat",
        "NotifyGoogleChat",
        ("gchat",),
        "https://chat.googleapis.com/v1/spaces/…/messages?key=…&token=…",
        options=options("workspace key token thread threadkey"),
        pasted=r"https://chat\.googleapis\.com/",
        help="In Google Chat: the space → Apps & integrations → Webhooks. Paste the webhook's URL.",
    ),
    Service(
        "Mattermost",
        "mattermost",
        "NotifyMattermost",
        ("mmosts",),
        "mmosts://mattermost.example.com/token",
        plain=("mmost",),
        options=options("to channel channels"),
        has_host=True,
    ),
    Service(
        "Rocket.Chat",
        "rocketchat",
        "NotifyRocketChat",
        ("rockets",),
        "rockets://user:password@rocket.example.com/#channel",
        plain=("rocket",),
        options=options("mode to webhook"),
        has_host=True,
    ),
    Service(
        "Matrix",
        "matrix",
        "NotifyMatrix",
        ("matrixs",),
        "matrixs://user:password@matrix.example.com/#room",
        plain=("matrix",),
        options=options("to mode token msgtype version v"),
        has_host=True,
    ),
    Service(
        "Webex", "webexteams", "NotifyWebexTeams", ("webex", "wxteams"), "webex://token", options=options("to mode")
    ),
    Service(
        "Telegram",
        "telegram",
        "NotifyTelegram",
        ("tgram",),
        "tgram://bot-token/chat-id",
        options=options("to topic thread silent"),
    ),
    Service(
        "Pushover",
        "pushover",
        "NotifyPushover",
        ("pover",),
        "pover://user-key@token",
        options=options("to priority sound"),
    ),
    Service(
        "ntfy",
        "ntfy",
        "NotifyNtfy",
        ("ntfys",),
        "ntfys://topic",
        plain=("ntfy",),
        options=options("to priority tags xtags token auth mode"),
        has_host=True,
    ),
    Service(
        "Gotify",
        "gotify",
        "NotifyGotify",
        ("gotifys",),
        "gotifys://gotify.example.com/token",
        plain=("gotify",),
        options=options("priority"),
        has_host=True,
    ),
    Service(
        "PagerDuty",
        "pagerduty",
        "NotifyPagerDuty",
        ("pagerduty",),
        "pagerduty://integration-key@api-key",
        options=options("integrationkey apikey source component group class severity region"),
    ),
    Service(
        "Opsgenie",
        "opsgenie",
        "NotifyOpsgenie",
        ("opsgenie",),
        "opsgenie://api-key",
        options=options("to apikey priority tags region entity alias"),
    ),
    Service(
        "Webhook (JSON)",
        "custom_json",
        "NotifyJSON",
        ("jsons",),
        "jsons://hooks.example.com/path",
        plain=("json",),
        has_host=True,
        help=f"{WEBHOOK} To send a header, end the address with, for example, ?+Authorization=Bearer%20token.",
    ),
    Service(
        "Webhook (form)",
        "custom_form",
        "NotifyForm",
        ("forms",),
        "forms://hooks.example.com/path",
        plain=("form",),
        has_host=True,
    ),
    Service(
        "Webhook (XML)",
        "custom_xml",
        "NotifyXML",
        ("xmls",),
        "xmls://hooks.example.com/path",
        plain=("xml",),
        has_host=True,
    ),
)
BY_SCHEME = {scheme: service for service in SERVICES for scheme in service.schemes}
WEBHOOKS = ("custom_json", "custom_form", "custom_xml")
"""The modules of the services that are webhooks.

In addresses of webhooks, an option can also begin with + (a header), - (a parameter) or : (a key of the message).
"""

ALLOWED = "an Apprise address that begins with one of " + ", ".join(f"{scheme}://" for scheme in BY_SCHEME)
HOST_MAY_BE_SECRET = ("ntfy", "matrix")
"""The modules of services whose addresses can have a topic or a token instead of a host.

A topic or a token is secret, so MixCyfe does not show it.
"""


class BadAddress(ValueError):
    """MixCyfe can't use the address. The exception's text tells people what to write instead."""


@dataclass(frozen=True, slots=True)
class NoticeTarget:
    """An address that MixCyfe can use. `shown`: the part of the address that is not secret.

    `is_encrypted`: messages travel with TLS. `is_pasted`: the address is a web address that the service itself gave.
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
    """Checks an address that a person entered, and returns it as a NoticeTarget.

    Raises BadAddress if the address or one of its options is not allowed.
    """
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
        allowed = ", ".join(sorted(service.options)) or "none"
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
