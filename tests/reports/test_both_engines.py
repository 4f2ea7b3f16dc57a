"""Both engines give the same CSV for the same widget, byte for byte. The tests query one data set over HTTP."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from fake_mixpanel.dataset import CUSTOM_EVENT, EVENTS, ODD_EVENT, ODD_PROPERTY
from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME, ZONE, FakeMixpanel
from tests.conftest import examples
from tests.reports.samples import written
from widgets.import_export.keys import WIDGET_KEYS
from widgets.management.demo.dashboard import dashboard
from widgets.mixpanel.auth import ServiceAccount
from widgets.mixpanel.client import Client
from widgets.models import Widget
from widgets.models.widget_spec import spec_of
from widgets.report import ReportError
from widgets.reports import REPORT_TYPES
from widgets.reports.rules import check
from widgets.spec import CLASSIC, INSIGHTS, MEASURES, RANGES, Filter, WidgetSpec

EITHER = ("events", "segmentation", "sum", "average")
FILTERS = [
    Filter("plan", "is", "Team"),
    Filter("plan", "is_not", 'a"b\\c'),
    Filter("$browser", "contains", "Chr) and ("),
    Filter(ODD_PROPERTY, "not_contains", "x"),
    Filter("amount", "gt", 5),
    Filter("amount", "lt", 2.5),
    Filter("amount", "is", 9.0),
    Filter("trial", "is", True),
    Filter("trial", "is_not", True),
    Filter("coupon", "set"),
    Filter("coupon", "not_set"),
]


@st.composite
def specs(draw: Any) -> WidgetSpec:
    report = draw(st.sampled_from(EITHER))
    report_type = REPORT_TYPES[report]
    today = datetime.now(ZONE).date()
    first = today - timedelta(days=draw(st.integers(1, 120)))
    fields: dict[str, Any] = {
        "chart": draw(st.sampled_from(report_type.charts)),
        "unit": draw(st.sampled_from(["day", "week", "month"])),
        "range": draw(st.sampled_from([*RANGES])),
        "last": draw(st.integers(1, 40)),
        "include_today": draw(st.booleans()),
        "from_date": first,
        "to_date": first + timedelta(days=draw(st.integers(0, 90))),
        "overlay_previous": draw(st.booleans()),
        "options": {"comparison": True} if draw(st.booleans()) else {},
        "target": 10,
        "exclude": draw(st.sampled_from([(), ("Chrome", "US", "Signed up")])),
        "only": draw(st.sampled_from([(), (), ("Safari", "Team", "Logged in")])),
        "rename": draw(st.sampled_from([{}, {}, {"Chrome": "Web", "Safari": "Web"}, {"Signed up": "Joined"}])),
        "top": draw(st.sampled_from([None, None, 3])),
        "sort": draw(st.sampled_from(["", "value", "label"])),
    }
    if report == "events":
        fields["events"] = tuple(draw(st.lists(st.sampled_from([*EVENTS, "No such event"]), min_size=1, max_size=6)))
    elif report == "segmentation":
        fields["events"] = (draw(st.sampled_from(["Signed up", "Page viewed", CUSTOM_EVENT, ODD_EVENT, "Nothing"])),)
        fields["breakdown"] = draw(
            st.sampled_from(["", "plan", "$browser", "mp_country_code", "campaign", "utm_source"])
        )
        fields["limit"] = draw(st.sampled_from([3, 60]))
        fields["other"] = fields["top"] is not None and draw(st.booleans())
    else:
        fields["events"] = (draw(st.sampled_from(["Order completed", "Plan upgraded", ODD_EVENT, "Nothing"])),)
        fields["property_name"] = "amount"
    if "measure" in report_type.fields:
        fields["measure"] = draw(st.sampled_from([*MEASURES]))
    if "filters" in report_type.fields:
        fields["filters"] = tuple(draw(st.lists(st.sampled_from(FILTERS), max_size=3, unique=True)))
    return WidgetSpec(report, **fields)


def csv(asked: WidgetSpec, engine: str, mixpanel: FakeMixpanel) -> bytes | str:
    """Sends the widget's query over HTTP. Returns the CSV, or the message if the chart can't show the answer."""
    report_type, today = REPORT_TYPES[asked.report], datetime.now(ZONE).date()
    query = report_type.query(asked, engine)
    request = report_type.request(query, today)
    client = Client(
        ServiceAccount(DEMO_USERNAME, DEMO_SECRET), project_id=DEMO_PROJECT_ID, api_root=mixpanel.url, timeout=20
    )
    report = report_type.read(client.query(request.endpoint, request.params, request.body), query, today)
    assert request.body is None or engine == INSIGHTS
    try:
        return written(asked, report)
    except ReportError as error:
        return str(error)


@settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(specs())
def test_both_engines_give_the_same_csv(mixpanel: FakeMixpanel, asked: WidgetSpec) -> None:
    today = datetime.now(ZONE).date()
    assume(not any(check(asked, today, engine) for engine in (CLASSIC, INSIGHTS)))
    assert csv(asked, CLASSIC, mixpanel) == csv(asked, INSIGHTS, mixpanel)


def test_both_engines_give_the_same_demo_board(mixpanel: FakeMixpanel) -> None:
    board = [spec_of(Widget(**fields_of(entry))) for entry in dashboard()["widgets"]]
    either = [asked for asked in board if asked.report in EITHER]
    assert len(either) > 12
    for asked in either:
        assert csv(asked, CLASSIC, mixpanel) == csv(asked, INSIGHTS, mixpanel), asked.chart


def fields_of(entry: dict[str, Any]) -> dict[str, Any]:
    return {WIDGET_KEYS[key].name: value for key, value in entry.items() if key != "project"}
