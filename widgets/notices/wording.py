"""Writes the texts of notices: plain text without markup, mentions and links, except links to MixCyfe and Mixpanel.

`plain` makes texts harmless that people wrote or Mixpanel sent: services turn host names into links, and Slack, Discord
and others interpret `<!channel>`, `@everyone`, `*bold*` and `[text](link)`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from widgets.models import Notice, Project
from widgets.notices.causes import ENDS, OF_PROJECT, Cause
from widgets.times import span

TITLES_NAMED = 10
LONGEST_TITLE = 80
LONGEST_WHY = 500

LOOK_ALIKES = str.maketrans(
    {"<": "‹", ">": "›", "@": "＠", "[": "［", "]": "］", "*": "∗", "`": "'", "~": "∼", "|": "¦", "#": "＃", "\\": "＼"}
)
INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Text:
    """`type`: Apprise's message type: info, success, warning or failure."""

    subject: str
    body: str
    type: str = "info"


def plain(text: str, longest: int) -> str:
    """Makes one line without markup, links and mentions, of at most `longest` characters."""
    text = " ".join(INVISIBLE.sub(" ", text).split()).translate(LOOK_ALIKES)
    text = text.replace("://", ":⁄⁄")
    text = re.sub(r"(?<=\w)\.(?=[^\W\d]{2})", "․", text)  # services turn names such as example.com into links
    text = re.sub(r"&(?=#?\w+;)", "＆", text)
    text = re.sub(r"(?<!\w)_|_(?!\w)", "‗", text)  # changes _italics_, but not signed_up
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


HEADLINES = {
    "secret": "MixCyfe can't sign in to Mixpanel",
    "credentials": "Mixpanel refuses the credentials",
    "plan": "The project's Mixpanel plan allows no API queries",
    "query": "Mixpanel refuses the quer{ies} of {widgets}",
    "timezone": "Mixpanel refuses the quer{ies} of {widgets}",
    "unavailable": "Mixpanel does not answer the quer{ies} of {widgets}",
    "unreadable": "MixCyfe can't read Mixpanel's data for {widgets}",
    "drawing": "{widgets} can't show {their} data",
    "stale": "{widgets} {get} no new numbers",
}
ADVICE = {
    "secret": "Enter the secret on the project's page.",
    "credentials": "Check the service account in Mixpanel, or create a new service account. Enter its user name and "
    "secret on the project's page, and test the connection there.",
    "plan": "Ask the owner of the Mixpanel project about its plan. MixCyfe tries again every hour.",
    "query": "Open the widget, change its settings as the error message says, and save the widget.",
    "timezone": "On the project's page, choose the time zone that Mixpanel's project settings show.",
    "unavailable": "MixCyfe tries again by itself, at least once per hour. Mixpanel lists its incidents here: "
    "https://www.mixpanelstatus.com",
    "unreadable": "MixCyfe tries again by itself. If the error stays, open the widget and check its preview.",
    "drawing": "Open the widget and choose another chart or other settings.",
    "stale": "If the project's queries are used up, pause widgets or refresh them less often. Otherwise, ask the "
    "admin of MixCyfe's server to read the server's log and to check its Celery workers, if it has any.",
}
RECOVERED = {
    "secret": "MixCyfe has the secret for Mixpanel again",
    "credentials": "Mixpanel accepts the credentials again",
    "plan": "Mixpanel answers API queries again",
}


def failing(project: Project, cause: Cause, since: datetime, new: int, now: datetime) -> Text:
    """`new`: the number of widgets that are newly affected, if earlier messages named others."""
    if cause.key.startswith(ENDS):
        return ending(project, now)
    lines = [
        f"{headline(cause)}, since {moment(since, project)} ({span(now - since)}).",
        plain(cause.why, LONGEST_WHY),
        f"What to do: {ADVICE.get(cause.key, ADVICE['unavailable'])}",
        link(project, cause.key),
        named(cause.titles),
    ]
    more = f" ({new} {'are' if new != 1 else 'is'} newly affected)" if new else ""
    return Text(subject(project, headline(cause) + more), "\n\n".join(filter(None, lines)), "failure")


def well(project: Project, notice: Notice, now: datetime) -> Text:
    """The message that a problem is solved. `notice.title` needs no `plain`, because MixCyfe wrote the title."""
    words = RECOVERED.get(notice.cause, "The problem is solved")
    began = moment(notice.since, project)
    lasted = f"The problem was: {notice.title}. It began on {began} and lasted {span(now - notice.since)}."
    return Text(subject(project, words), f"{words}.\n\n{lasted}\n\n{link(project, '')}", "success")


def ending(project: Project, now: datetime) -> Text:
    day = project.credentials_end_on
    assert day is not None
    left = (day - project.today(now)).days
    when = f"in {left} days" if left > 1 else "tomorrow" if left == 1 else "today" if left == 0 else "already"
    credential = "project secret" if not project.username else "service account"
    head = f"The {credential} expire{'s' if left >= 0 else 'd'} on {day:%-d %B %Y}"
    body = (
        f"{head} ({when}). {'From then on' if left >= 0 else 'Since then'}, Mixpanel refuses all queries of this "
        "project.\n\n"
        "What to do: Create a service account in Mixpanel under Organization settings → Service accounts, enter its "
        f"user name and secret on the project's page, and test the connection.\n\n{page(project)}"
    )
    return Text(subject(project, head), body, "warning")


def summary(project: Project, states: dict[str, int], open_now: list[str], ended: int, now: datetime) -> Text:
    """The weekly summary. `states`: health → number of active widgets. `open_now`: the headlines of open notices.

    `ended`: the number of problems that were solved in the last week.
    """
    total = sum(states.values())
    counts = ", ".join(f"{count} {state}" for state, count in states.items() if count) or "none"
    lines = [
        f"{total} active widget{'s' if total != 1 else ''}: {counts}.",
        "Current problems: " + "; ".join(open_now) + "." if open_now else "No notice is open now.",
        f"{ended} problem{'s' if ended != 1 else ''} {'were' if ended != 1 else 'was'} solved in the last week."
        if ended
        else "",
        link(project, ""),
    ]
    return Text(subject(project, "weekly summary"), "\n\n".join(filter(None, lines)))


def test_message(project: Project, user: str) -> Text:
    body = (
        f"This is a test message. {plain(user, 60)} sent the message from the page “Notices” of this project:\n\n"
        f"{page(project, 'notices')}"
    )
    return Text(subject(project, "test"), body)


def headline(cause: Cause) -> str:
    one, count = len(cause.widgets) == 1, len(cause.widgets)
    return HEADLINES.get(cause.key, HEADLINES["unavailable"]).format(
        widgets="1 widget" if one else f"{count} widgets",
        ies="y" if one else "ies",
        get="gets" if one else "get",
        their="its" if one else "their",
    )


def subject(project: Project, words: str) -> str:
    return f"MixCyfe, {plain(project.name, LONGEST_TITLE)}: {words}"


def named(titles: list[str]) -> str:
    if not titles:
        return ""
    shown = "\n".join(f"– {plain(title, LONGEST_TITLE)}" for title in titles[:TITLES_NAMED])
    others = len(titles) - TITLES_NAMED
    return f"Widgets:\n{shown}" + (f"\nand {others} more" if others > 0 else "")


def link(project: Project, cause: str) -> str:
    if cause in OF_PROJECT:
        return page(project)
    # A message about stale data also names widgets without data, so the linked page shows widgets of any health.
    query = {"project": project.pk} | ({} if cause in ("", "stale") else {"health": "failing"})
    return f"{settings.SITE_URL}{reverse('board')}?{urlencode(query)}"


def page(project: Project, name: str = "change") -> str:
    return f"{settings.SITE_URL}{reverse(f'admin:widgets_project_{name}', args=(project.pk,))}"


def moment(time: datetime, project: Project) -> str:
    return f"{time.astimezone(project.zone):%-d %b %Y, %H:%M %Z}"
