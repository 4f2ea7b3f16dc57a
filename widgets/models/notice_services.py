"""The services to which notices can go, and their addresses: https://github.com/caronc/apprise/wiki."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """`module` and `plugin`: the module and the class in `apprise.plugins`.

    `encrypted` and `plain`: the schemes of addresses with and without TLS. `options`: the names that are allowed after
    the `?`. MixCyfe refuses Apprise's other options, because some of them read local files, turn checks off, or change
    the format. `pasted`: a regular expression for the beginning of the web address that the service gives its users.
    `has_host`: an address can name the service's host, because people can run this service themselves.
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


def options(names: str) -> frozenset[str]:
    return frozenset(names.split())


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
        help="MixCyfe sends a POST to this address, with the keys title, message and type (info, success, warning or "
        "failure). To send a header, end the address with, for example, ?+Authorization=Bearer%20token.",
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
BY_SCHEME = {scheme: service for service in SERVICES for scheme in (*service.encrypted, *service.plain)}
WEBHOOKS = ("custom_json", "custom_form", "custom_xml")
"""In addresses of these modules, options can also begin with + (a header), - (a parameter) or : (a message's key)."""
HOST_MAY_BE_SECRET = ("ntfy", "matrix")
"""An address of these modules can have a secret (a topic or a token) in the place of the host."""
