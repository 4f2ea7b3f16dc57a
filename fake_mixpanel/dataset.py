"""Describes the invented company: its events, properties and funnels, and the credentials for tests and demo."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

DEMO_PROJECT_ID = 2526451
DEMO_USERNAME = "mixcyfe-demo.8a31c1.mp-service-account"
DEMO_SECRET = "demo-Zr5kQ0v9bTn3wYx7"  # noqa: S105 - valid only at the fake
DEMO_PROJECT_SECRET = "5f0c9a417be24d63a8d1e3b6c7720f94"  # noqa: S105 - valid only at the fake

CUSTOM_EVENT = "$custom_event:12345"
ODD_EVENT = 'Ordered "Pizza", large'
ODD_PROPERTY = 'size "cm"'

Shares = Mapping[str, float]

OFFICE = (1.10, 1.16, 1.14, 1.12, 1.00, 0.70, 0.66)
PLAY = (0.84, 0.86, 0.90, 0.94, 1.12, 1.30, 1.22)
CLOSED_ON_SUNDAY = (0.8, 0.8, 0.9, 1.0, 1.6, 1.7, 0.0)

_COMMON = ("plan", "mp_country_code", "$browser", "$os", "utm_source", "campaign")


@dataclass(frozen=True, slots=True)
class Event:
    """An event.

    `daily` is the approximate count per day at the start of 2024. Later counts are higher. `per_person` is the
    approximate count per active person and day. `rhythm` has one factor per weekday, from Monday to Sunday.
    """

    name: str
    daily: float
    per_person: float
    rhythm: tuple[float, ...] = OFFICE
    display_name: str = ""
    more_properties: tuple[str, ...] = ()

    @property
    def properties(self) -> tuple[str, ...]:
        return _COMMON + self.more_properties


EVENTS: dict[str, Event] = {
    event.name: event
    for event in (
        Event("Page viewed", 5200, 4.1),
        Event("App Open", 3100, 1.9),
        Event("Logged in", 1450, 1.25),
        Event("Game Played", 900, 2.6, PLAY),
        Event("Signed up", 210, 1.03),
        Event("Order completed", 120, 1.15, PLAY, more_properties=("amount",)),
        Event("Invite sent", 75, 1.8),
        Event("Support ticket", 22, 1.2),
        Event("Plan upgraded", 14, 1.05, more_properties=("amount",)),
        Event(CUSTOM_EVENT, 640, 2.2, PLAY, display_name="Game Played"),
        Event(ODD_EVENT, 9, 1.1, CLOSED_ON_SUNDAY, more_properties=("amount", ODD_PROPERTY)),
    )
}

_COUNTRIES = {
    "US": 31.0, "DE": 9.5, "FR": 8.1, "GB": 7.9, "IN": 6.4, "BR": 5.2, "CA": 4.6, "ES": 3.3, "IT": 3.1,
    "NL": 2.7, "AU": 2.5, "JP": 2.2, "MX": 1.9, "PL": 1.7, "SE": 1.5, "CH": 1.3, "AT": 1.1, "BE": 1.0,
    "PT": 0.9, "DK": 0.8, "IE": 0.7, "NO": 0.6, "ZA": 0.5, "NZ": 0.4, "IS": 0.1, "undefined": 1.4, "": 0.3,
}  # fmt: skip

PROPERTIES: dict[str, Shares] = {
    "plan": {"Free": 61, "Team": 24, "Business": 9, "undefined": 6},
    "mp_country_code": _COUNTRIES,
    "$browser": {
        "Chrome": 57, "Safari": 21, "Firefox": 9, "Microsoft Edge": 8, "Mobile Safari": 3, "Opera": 0.6, "undefined": 1,
    },
    "$os": {"Windows": 44, "Mac OS X": 27, "iOS": 12, "Android": 11, "Linux": 5, "undefined": 1},
    "utm_source": {
        "google": 34, "news,letter": 17, "twitter": 9, "undefined": 15, "": 6, "null": 3, "(not set)": 2,
        '=HYPERLINK("http://evil.example","x")': 2, "<b>Bold</b>": 2, "Total": 3, "Date": 1, "2,000 - 2,100": 3,
        "  two\nlines ": 1, "Ünïcödé ☃": 1, "-1+1": 0.5,
    },
    "campaign": {f"Campaign {number:03d}": 100 / number for number in range(1, 121)},
    "amount": {"9.9": 38, "19": 27, "49": 18, "99": 9, "249.5": 4, "2000": 0.7, "undefined": 3},
    ODD_PROPERTY: {"26": 50, "32": 35, "40": 15},
}  # fmt: skip
"""Property → value → weight. A value with a larger weight has more events."""

RARE = 0.01
"""Values with a smaller share of all events than this occur only on some days."""

_PROPERTY = re.compile(r'properties\["((?:[^"\\]|\\.)*)"\]', re.DOTALL)


def shares(event: Event, name: str) -> Shares:
    """Returns a property's values with their weights.

    If the event lacks the property, the only value is `undefined`, as at Mixpanel.
    """
    return PROPERTIES[name] if name in event.properties else {"undefined": 1.0}


def breakdown(event: Event, expression: str) -> tuple[str, Shares]:
    """Returns the name of a breakdown, and its values with their weights.

    The breakdown `properties["…"]` has the values of that property. Any other expression has the values true and false.
    https://developer.mixpanel.com/reference/segmentation-expressions
    """
    if plain := _PROPERTY.fullmatch(expression):
        name = re.sub(r"\\(.)", r"\1", plain[1], flags=re.DOTALL)
        return name, shares(event, name)
    return expression, {"true": 0.4, "false": 0.6}


@dataclass(frozen=True, slots=True)
class Funnel:
    """A funnel. `keeps` has one share per step after the first step.

    The share is the number of people who reach the step, divided by the number of people who reach the previous step.
    """

    name: str
    steps: tuple[Event, ...]
    keeps: tuple[float, ...]


SIGNUP_FUNNEL = 7509
FIRST_GAME_FUNNEL = 9070

FUNNELS: dict[int, Funnel] = {
    SIGNUP_FUNNEL: Funnel(
        "Signup funnel",
        tuple(EVENTS[name] for name in ("Page viewed", "Signed up", "Logged in", "Plan upgraded")),
        keeps=(0.19, 0.81, 0.11),
    ),
    FIRST_GAME_FUNNEL: Funnel(
        "First game",
        tuple(EVENTS[name] for name in ("App Open", CUSTOM_EVENT, "Invite sent")),
        keeps=(0.63, 0.14),
    ),
}
