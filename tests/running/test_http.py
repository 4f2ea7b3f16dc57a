"""The running server over real HTTP: the exact CSV of each kind of chart, with both kinds of Mixpanel credentials."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fake_mixpanel.fake import DEMO_PROJECT_SECRET, FakeMixpanel
from tests.running.site import Site

FIXED = {"range": "fixed", "from_date": "2026-11-01", "to_date": "2026-11-03"}
TWO_EVENTS = {"report": "events", "events": ["Signed up", "Logged in"], **FIXED}
BY_PLAN = {"report": "segmentation", "events": ["Signed up"], "breakdown": "plan", **FIXED}

# These answers have unsorted dates, missing days, and labels that would break a CSV or run as a formula.
EVENTS = {
    "data": {
        "series": ["2026-11-02", "2026-11-03", "2026-11-01"],
        "values": {
            "Logged in": {"2026-11-03": 10001, "2026-11-01": 9852},
            "Signed up": {"2026-11-02": 146, "2026-11-01": 147},
        },
    },
    "legend_size": 2,
}
PLANS = {
    "data": {
        "series": ["2026-11-03", "2026-11-01", "2026-11-02"],
        "values": {
            "Team, large": {"2026-11-01": 5},
            "undefined": {"2026-11-01": 7},
            "Total": {"2026-11-02": 3, "2026-11-03": 3},
            "=cmd()": {"2026-11-01": 4, "2026-11-03": 0},
            'He said "2,000 - 2,100"': {"2026-11-03": 1.5},
            "": {"2026-11-02": 9},
        },
    },
    "legend_size": 6,
}
ONE_BUCKET = {"data": {"series": ["2026-11-01"], "values": {"Free": {"2026-11-01": 20}, "Team": {"2026-11-01": 30}}}}
COUNTRIES = {"data": {"series": ["2026-11-01"], "values": {"FR": {"2026-11-01": 120}, "US": {"2026-11-01": 450}}}}

TIME_SERIES_BODY = "Date,Signed up,Logged in\n20261101,147,9852\n20261102,146,0\n20261103,0,10001\n"
LAYOUTS: list[tuple[str, dict[str, Any], Any, str]] = [
    ("line", TWO_EVENTS | {"chart": "line"}, EVENTS, TIME_SERIES_BODY + "YAxis,0,0\n"),
    (
        "axes, colours and types by label",
        TWO_EVENTS
        | {
            "chart": "line",
            "colors": {"Logged in": "#FF7E0E"},
            "options": {"types": ["line", "column"], "shared_axis": False, "total": True, "axis_max": 20000},
        },
        EVENTS,
        TIME_SERIES_BODY + "Color,#0072b2,#ff7e0e\nType,line,column\nTotal,293,19853\nYAxisMax,20000,20000\n",
    ),
    (
        "hostile labels in a time series",
        BY_PLAN | {"chart": "line", "clean": False},
        PLANS,
        "Date,(empty),undefined,Total,Team; large,'=cmd(),He said '2000 - 2100'\n"
        "20261101,0,7,0,5,4,0\n20261102,9,0,3,0,0,0\n20261103,0,0,3,0,0,1.5\nYAxis,0,0,0,0,0,0\n",
    ),
    ("pie", BY_PLAN | {"chart": "pie"}, PLANS, "Total,Team; large,'=cmd(),He said '2000 - 2100'\n6,5,4,1.5\n"),
    (
        "donut, cleaned",
        BY_PLAN | {"chart": "donut", "exclude": ["=cmd()"], "rename": {"Team, large": "Total"}, "colors": ["#ff0000"]},
        PLANS,
        "Total,He said '2000 - 2100'\n11,1.5\nColor,#ff0000,#0072b2\n",
    ),
    ("donut of uniques", BY_PLAN | {"chart": "donut", "measure": "unique"}, ONE_BUCKET, "Team,Free\n30,20\n"),
    (
        "list",
        BY_PLAN | {"chart": "list", "top": 1, "other": True},
        PLANS,
        "plan,Signed up\nTotal (value),6\nOther,10.5\n",
    ),
    ("list of events", TWO_EVENTS | {"chart": "list"}, EVENTS, "Event,Total\nSigned up,293\nLogged in,19853\n"),
    (
        "table",
        TWO_EVENTS | {"chart": "table"},
        EVENTS,
        "Date,Signed up,Logged in\n2026-11-01,147,9852\n2026-11-02,146,0\n2026-11-03,0,10001\n",
    ),
    (
        "number",
        {"report": "events", "events": ["Signed up"], "chart": "number", **FIXED},
        EVENTS,
        "Signed up\n293\n",
    ),
    ("number of several", TWO_EVENTS | {"chart": "number"}, EVENTS, "Total\n20146\n"),
    (
        "gauge",
        {"report": "events", "events": ["Signed up"], "chart": "gauge", "target": 2000, **FIXED},
        EVENTS,
        "Signed up,Target\n293,2000\n",
    ),
    (
        "map",
        BY_PLAN | {"breakdown": "mp_country_code", "chart": "map"},
        COUNTRIES,
        "mp_country_code,Signed up\nUS,450\nFR,120\n",
    ),
    (
        "sum by day",
        {"report": "sum", "events": ["Order completed"], "property": "amount", "chart": "column", **FIXED},
        {"status": "ok", "results": {"2026-11-03": "4.123456", "2026-11-01": 7}},
        "Date,Order completed\n20261101,7\n20261102,0\n20261103,4.1235\nYAxis,0\n",
    ),
    (
        "funnel",
        {"report": "funnel", "funnel": 7509, "chart": "funnel", **FIXED},
        {
            "meta": {"dates": ["2026-11-01", "2026-11-02"]},
            "data": {
                day: {
                    "steps": [
                        {"count": 16344, "event": "App Open", "goal": "App Open"},
                        {"count": 10262, "event": "$custom_event:1", "step_label": "Game Played"},
                    ]
                }
                for day in ("2026-11-01", "2026-11-02")
            },
        },
        "Step,Count\nApp Open,32688\nGame Played,20524\n",
    ),
    (
        "cohort",
        {
            "report": "retention",
            "born_event": "Signed up",
            "events": ["Logged in"],
            "intervals": 3,
            "chart": "cohort",
            **FIXED,
        },
        {
            "2026-11-01": {"first": 120, "counts": [120, 64, 41]},
            "2026-11-03": {"first": 98, "counts": [98, 50, 39]},
        },
        "Date,Users,0,1,2\n20261101,120,120,64,41\n20261102,0,0,0,0\n20261103,98,98,50,39\n",
    ),
    (
        "table of top events",
        {"report": "top_events", "chart": "table"},
        {"events": [{"amount": 2, "event": "funnel"}, {"amount": 75, "event": "pages"}], "type": "general"},
        "Event,Total\npages,75\nfunnel,2\n",
    ),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, FakeMixpanel, str]]:
    with (
        FakeMixpanel(hourly_limit=10_000) as fake,
        Site(tmp_path_factory.mktemp("site"), fake.url) as site,
    ):
        yield site, fake, site.web()[0]


@pytest.fixture(scope="module")
def paths(served: Any) -> dict[str, str]:
    site = served[0]
    widgets = [{"title": title, **widget} for title, widget, _, _ in LAYOUTS]
    found = site.add(*widgets, hourly_limit=1000, engine="classic")
    (by_secret,) = site.add(
        widgets[0],
        name="By project secret",
        auth="project_secret",
        project_id=None,
        username="",
        secret=DEMO_PROJECT_SECRET,
        hourly_limit=1000,
        engine="classic",
    )
    titles = [title for title, *_ in LAYOUTS]
    return dict(zip(titles, found, strict=True)) | {"line by secret": by_secret}


@pytest.mark.parametrize(
    ("title", "answer", "expected"),
    [*((title, *expected) for title, _, *expected in LAYOUTS), ("line by secret", *LAYOUTS[0][2:])],
    ids=lambda value: value if isinstance(value, str) and "\n" not in value else "",
)
def test_it_serves_exactly_what_cyfe_draws(
    served: Any, paths: dict[str, str], title: str, answer: Any, expected: str
) -> None:
    site, fake, base = served
    fake.clear_faults()
    # Unused if another test has polled a widget with the same query.
    fake.fail(200, json.dumps(answer))
    for _ in range(2):
        got = site.session.get(base + paths[title])
        assert (got.status_code, got.content.decode()) == (200, expected)
    assert got.headers["Cache-Status"].startswith("mixcyfe; hit; ttl=")
    assert "Set-Cookie" not in got.headers
    unchanged = site.session.get(base + paths[title], headers={"If-None-Match": got.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    head = site.session.head(base + paths[title])
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(expected.encode())))


def test_the_fast_path_and_django_send_the_same_headers(served: Any, paths: dict[str, str]) -> None:
    """The fast path answers without Django's middleware."""
    site, fake, base = served
    fake.clear_faults()
    fake.fail(200, json.dumps(EVENTS))
    url = base + paths["line"]
    assert site.session.get(url).status_code == 200
    hot = site.session.get(url)
    # The fast path leaves this host name to Django.
    through_django = site.session.get(url, headers={"Host": "127.0.0.1."})
    assert through_django.status_code == hot.status_code == 200
    varying = {"date", "cache-control", "cache-status", "connection"}
    kept = [{k.lower(): v for k, v in got.headers.items() if k.lower() not in varying} for got in (hot, through_django)]
    assert kept[0] == kept[1]


def test_it_refuses_foreign_hosts(served: Any, paths: dict[str, str]) -> None:
    site, _, base = served
    assert site.session.get(base + paths["line"], headers={"Host": "evil.example"}).status_code == 400
