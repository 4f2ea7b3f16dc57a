"""The words of notices: plain text, in which nothing from outside can be a link, a mention or markup.

Titles are typed by people and errors come from Mixpanel. Services make links of bare names, and Slack, Discord and
others read `<!channel>`, `@everyone`, `*bold*` and `[text](link)` in any text.
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
    """A message. `type`: a type of Apprise: info, success, warning or failure."""

    subject: str
    body: str
    type: str = "info"


def plain(text: str, longest: int) -> str:
    """One line without markup, links and mentions, cut to `longest` characters."""
    text = " ".join(INVISIBLE.sub(" ", text).split()).translate(LOOK_ALIKES)
    text = text.replace("://", ":⁄⁄")
    text = re.sub(r"(?<=\w)\.(?=[^\W\d]{2})", "․", text)  # example.com: services make links of bare names
    text = re.sub(r"&(?=#?\w+;)", "＆", text)
    text = re.sub(r"(?<!\w)_|_(?!\w)", "‗", text)  # _italics_, but not signed_up
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


HEADLINES = {
    "secret": "MixCyfe can't sign in to Mixpanel",
    "credentials": "Mixpanel refuses the credentials",
    "plan": "Mixpanel's plan allows no API queries",
    "query": "Mixpanel refuses the quer{ies} of {widgets}",
    "timezone": "Mixpanel refuses the quer{ies} of {widgets}",
    "unavailable": "Mixpanel does not answer for {widgets}",
    "unreadable": "Mixpanel's answer can't be read for {widgets}",
    "drawing": "{widgets} can't show {their} data",
    "stale": "{widgets} {show} old numbers",
}
ADVICE = {
    "secret": "Enter the secret on the project's page.",
    "credentials": "Make or check the service account in Mixpanel, enter it on the project's page, and test it there.",
    "plan": "Ask the owner of the project at Mixpanel about the plan. MixCyfe tries again every hour.",
    "query": "Open the widget, correct what the message says, and save it.",
    "timezone": "Set the time zone on the project's page to the one in Mixpanel's project settings.",
    "unavailable": "MixCyfe tries again by itself, at least every half hour. See whether Mixpanel has an incident: "
    "https://www.mixpanelstatus.com",
    "unreadable": "MixCyfe tries again by itself. If the error stays, open the widget and look at its preview.",
    "drawing": "Open the widget and choose another chart or other settings.",
    "stale": "If queries are used up, pause widgets or refresh them less often. Otherwise check that the workers run.",
}
RECOVERED = {
    "secret": "There is a secret again",
    "credentials": "Mixpanel accepts the credentials again",
    "plan": "Mixpanel answers the API again",
}


def failing(project: Project, cause: Cause, since: datetime, now: datetime) -> Text:
    if cause.key.startswith(ENDS):
        return ending(project, now)
    lines = [
        f"{headline(cause)}, since {moment(since, project)} ({span(now - since)}).",
        plain(cause.why, LONGEST_WHY),
        f"What to do: {ADVICE.get(cause.key, ADVICE['unavailable'])}",
        link(project, cause.key),
        named(cause.titles),
    ]
    return Text(subject(project, headline(cause)), "\n\n".join(filter(None, lines)), "failure")


def more(project: Project, cause: Cause, new: int, since: datetime, now: datetime) -> Text:
    text = failing(project, cause, since, now)
    words = f"{new} more widget{'s' if new != 1 else ''}: {headline(cause)}"
    return Text(subject(project, words), text.body, "failure")


def well(project: Project, notice: Notice, now: datetime) -> Text:
    """`notice.title`: the headline of the failure. MixCyfe wrote it, so it needs no `plain`."""
    words = RECOVERED.get(notice.cause, "All is well again")
    lasted = f"Since {moment(notice.since, project)}, for {span(now - notice.since)}: {notice.title}. This is over."
    return Text(subject(project, words), f"{words}.\n\n{lasted}\n\n{link(project, '')}", "success")


def ending(project: Project, now: datetime) -> Text:
    day = project.credentials_end_on
    assert day is not None
    left = (day - project.today(now)).days
    when = f"in {left} days" if left > 1 else "tomorrow" if left == 1 else "today" if left == 0 else "already"
    what = "project secret" if not project.username else "service account"
    head = f"The {what} end{'s' if left >= 0 else 'ed'} on {day:%-d %B %Y}"
    body = (
        f"{head} ({when}). From then on Mixpanel refuses all queries of this project.\n\n"
        "What to do: Make a service account in Mixpanel under Organization settings → Service accounts, enter it on "
        f"the project's page, and test the connection.\n\n{page(project)}"
    )
    return Text(subject(project, head), body, "warning")


def summary(project: Project, states: dict[str, int], open_now: list[str], ended: int, now: datetime) -> Text:
    """`states`: health → number of active widgets. `ended`: notices that ended in the last week."""
    total = sum(states.values())
    counts = ", ".join(f"{count} {state}" for state, count in states.items() if count) or "none"
    lines = [
        f"{total} active widget{'s' if total != 1 else ''}: {counts}.",
        "Open now: " + "; ".join(open_now) + "." if open_now else "Nothing is wrong now.",
        f"{ended} problem{'s' if ended != 1 else ''} of the last week {'are' if ended != 1 else 'is'} over."
        if ended
        else "",
        link(project, ""),
    ]
    return Text(subject(project, "weekly summary"), "\n\n".join(filter(None, lines)))


def test_message(project: Project, user: str) -> Text:
    body = f"This is a test. {plain(user, 60)} sent it from the notices of this project:\n\n{page(project, 'notices')}"
    return Text(subject(project, "test"), body)


def headline(cause: Cause) -> str:
    one, count = len(cause.widgets) == 1, len(cause.widgets)
    return HEADLINES.get(cause.key, HEADLINES["unavailable"]).format(
        widgets="1 widget" if one else f"{count} widgets",
        ies="y" if one else "ies",
        show="shows" if one else "show",
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
    health = {"stale": "stale", "": ""}.get(cause, "failing")
    query = {"project": project.pk} | ({"health": health} if health else {})
    return f"{settings.SITE_URL}{reverse('board')}?{urlencode(query)}"


def page(project: Project, name: str = "change") -> str:
    return f"{settings.SITE_URL}{reverse(f'admin:widgets_project_{name}', args=(project.pk,))}"


def moment(time: datetime, project: Project) -> str:
    return f"{time.astimezone(project.zone):%-d %b %Y, %H:%M %Z}"
