"""A widget's page in the admin for viewers: its settings, its chart and its CSV, without fields."""

from typing import Any

import pytest

from fake_mixpanel.fake import FakeMixpanel
from tests.admin.test_widget_form import ADD, address_of
from tests.web.people import viewer
from widgets.models import Project, Widget
from widgets.reports import REPORT_TYPES

pytestmark = pytest.mark.django_db


def test_a_viewer_sees_the_widget_and_no_fields(
    project: Project, make_widget: Any, poll: Any, mixpanel: FakeMixpanel
) -> None:
    widget = make_widget(
        report="segmentation",
        events=["Signed up"],
        breakdown="<b>plan</b>",
        filters=[{"property": "plan", "op": "is_not", "value": "Free"}],
        rename={"Team": "Teams"},
        clean_labels=False,
        chart="pie",
    )
    poll(widget)
    client = viewer(project)
    page = client.get(address_of(widget)).content.decode()
    for text in ("One event, by a property", "&lt;b&gt;plan&lt;/b&gt;", "plan is not Free", "Team = Teams", "Pie"):
        assert text in page
    assert "The last 5 days, up to the last full day" in page
    assert '<script type="application/json">{' in page
    assert "undefined" in page, "the page shows the CSV"
    for absent in ("<select", "<textarea", 'name="_save"', "Ask Mixpanel", "data-preview="):
        assert absent not in page
    assert len(mixpanel.calls) == 1
    assert client.post(address_of(widget), {}).status_code == 403
    assert client.get(ADD).status_code == 403


def test_every_report_has_a_page_for_viewers(project: Project, make_widget: Any) -> None:
    client = viewer(project)
    orders = {"events": ["Order completed"], "property_name": "amount"}
    for fields in (
        {"report": "segmentation"},
        {"report": "sum", "chart": "gauge", "target": 5, **orders},
        {"report": "average", **orders},
        {"report": "insights", "events": [], "metrics": [{"event": "Signed up"}], "formulas": [{"formula": "A * 2"}]},
        {"report": "frequency", "chart": "cohort"},
        {"report": "saved_report", "events": [], "saved_report": 41003},
        {"report": "funnel", "events": [], "funnel": 7509, "chart": "funnel"},
        {"report": "retention", "born_event": "Signed up", "chart": "cohort"},
        {"report": "top_events", "events": [], "chart": "list"},
        {"range": "month_to_date"},
        {"range": "fixed", "from_date": "2026-01-01", "to_date": "2026-01-31", "last": 30},
    ):
        assert client.get(address_of(make_widget(**fields))).status_code == 200
    assert set(Widget.objects.values_list("report", flat=True)) == set(REPORT_TYPES)
