"""Reads the address of a Mixpanel report, which people copy from their browser. No request is sent.

Mixpanel does not document the formats of these addresses. The formats come from addresses of real reports.
"""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

LARGEST_ID = 2**63 - 1
LONGEST_LINK = 4000

HOSTS = {"mixpanel.com": "us", "www.mixpanel.com": "us", "eu.mixpanel.com": "eu", "in.mixpanel.com": "in"}
"""The host name of Mixpanel's pages → the region of the project."""

BOARDS = ("boards", "dashboards")
REPORTS = ("insights", "funnels", "retention")

_WRAPPING = " \t\r\n\f\v\u00a0\u200b\ufeff\"'`<>()[]“”‘’«»"
_PATH = re.compile(
    r"/(?:project|report)/([0-9]+)(?:/view/([0-9]+))?(?:/app)?/(?!view\b|app\b)([a-z][a-z_-]{0,30})(?:/.*)?"
)
"""Matches `/project/<id>/view/<workspace>/app/<app>`, and the older `/report/<id>/view/<workspace>/<app>`."""

_SAVED = re.compile(r"/?report/([0-9]+)(?![0-9A-Za-z_]).*", re.DOTALL)
_FUNNEL = re.compile(r"/?view/([0-9]+)(?![0-9A-Za-z_]).*", re.DOTALL)
_CARD = re.compile(r"""["']?report-([0-9]+)["']?""")

EXAMPLE = "https://mixpanel.com/project/…/view/…/app/insights#report/…"
OPEN_IT = "Open the report itself in Mixpanel, and then copy the address from the browser."
SUPPORTED = "A widget can show saved reports of Insights, Funnels and Retention, including reports on boards."


class BadLink(ValueError):
    """The text is not the address of a report that a widget can show. The message tells people what to paste."""


@dataclass(frozen=True, slots=True)
class Link:
    """A report at Mixpanel. `report`: MixCyfe's report type. `id`: the report's id at Mixpanel.

    `app`: the part of Mixpanel that the address opens: `insights`, `funnels`, `retention` or `boards`.
    """

    region: str
    project_id: int
    workspace_id: int | None
    report: Literal["saved_report", "funnel"]
    id: int
    app: str


def read_link(text: str) -> Link:
    """Returns the report at the address `text`. Raises BadLink for another text."""
    address = split(text)
    if address is None or address.scheme.lower() not in ("http", "https") or address.netloc.lower() not in HOSTS:
        raise BadLink(
            f"This is not an address of Mixpanel. Paste a report's address, as your browser shows it: {EXAMPLE}"
        )
    place = _PATH.fullmatch(address.path.lower())
    if place is None:
        raise BadLink(f"This address of Mixpanel names no report. {OPEN_IT}")
    project, workspace, app = place.groups()
    report, number = report_in(app, unquote(address.fragment))
    return Link(
        region=HOSTS[address.netloc.lower()],
        project_id=valid_id(project, "project"),
        workspace_id=valid_id(workspace, "workspace") if workspace else None,
        report=report,
        id=valid_id(number, "report"),
        app="boards" if app in BOARDS else app,
    )


def split(text: str) -> SplitResult | None:
    """Returns the address without quotes and brackets around it, or None if the text can't be an address."""
    text = text.strip(_WRAPPING)
    # urlsplit would silently remove line breaks and tabs inside an address.
    if len(text) > LONGEST_LINK or any(character.isspace() for character in text):
        return None
    try:
        # People omit the scheme, because browsers hide it.
        return urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:
        return None


def report_in(app: str, fragment: str) -> tuple[Literal["saved_report", "funnel"], str]:
    """Returns `Link.report` and the digits of `Link.id`. `fragment`: the part of the address after the `#`."""
    if app in BOARDS:
        return "saved_report", card_in(fragment)
    if app not in REPORTS:
        raise BadLink(f"An address of Mixpanel's “{app}” can't become a widget. {SUPPORTED}")
    if app == "funnels" and (funnel := _FUNNEL.fullmatch(fragment)):
        return "funnel", funnel[1]
    if saved := _SAVED.fullmatch(fragment):
        return "saved_report", saved[1]
    raise BadLink(
        "This address names no saved report. Save the report in Mixpanel, then copy the address again: "
        "it ends in #report/ and a number, or for a funnel in #view/ and a number."
    )


def card_in(fragment: str) -> str:
    """Returns the id of the report in the open card of a board."""
    parts = dict(part.partition("=")[::2] for part in reversed(fragment.split("&")))
    card = parts.get("editor-card-id")
    if card is None:
        raise BadLink(
            "This is the address of a whole board, and a board has many reports. On the board, click the title of "
            "one report (or choose Edit in its ⋯ menu), and then copy the address from the browser."
        )
    if report := _CARD.fullmatch(card.strip()):
        return report[1]
    raise BadLink(f"This card of the board is not a report. It may be a text or a picture. {OPEN_IT}")


def valid_id(digits: str, noun: str) -> int:
    number = int(digits)
    if not 1 <= number <= LARGEST_ID:
        raise BadLink(f"The {noun}'s number in this address can't be right. {OPEN_IT}")
    return number
