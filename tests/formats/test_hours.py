"""Charts with hours on their axis: Cyfe's dates have no hours, so only other programs get an address."""

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from fake_mixpanel.fake import ZONE
from fake_mixpanel.saved_reports import SIGNUPS_REPORT
from tests.admin.filling_in import answers_of
from tests.poll.test_page import figure_in
from widgets.formats import NOT_FOR_CYFE
from widgets.models import Widget
from widgets.spec import TIME_SERIES_CHARTS

pytestmark = pytest.mark.django_db
HOURLY = {"report": "insights", "events": [], "metrics": [{"event": "Signed up"}], "unit": "hour", "last": 30}


def lines(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode(), newline="")))


@pytest.mark.parametrize("chart", [*TIME_SERIES_CHARTS, "table"])
def test_other_programs_get_every_hour(poll: Any, make_widget: Any, chart: str) -> None:
    widget = make_widget(**HOURLY, chart=chart)
    header, *plain = lines(poll(widget, "plain.csv"))
    records, data = poll(widget, "records.json").json(), poll(widget, "json").json()
    last = datetime.now(ZONE).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    assert header == data["columns"] == ["Time", "Signed up"]
    assert (plain[-1][0], records[-1]["Time"]) == (f"{last:%Y-%m-%d %H:%M}", last.isoformat())
    hours = [datetime.fromisoformat(record["Time"]) for record in records]
    assert len(hours) == 30
    assert {later - hour for hour, later in zip(hours, hours[1:], strict=False)} == {timedelta(hours=1)}
    assert [[*record.values()] for record in records] == data["rows"]
    assert [int(number) for _, number in plain] == [record["Signed up"] for record in records]
    assert any(record["Signed up"] for record in records)


@pytest.mark.parametrize("chart", TIME_SERIES_CHARTS)
def test_cyfe_has_no_address_for_hours_on_an_axis(client: Client, poll: Any, make_widget: Any, chart: str) -> None:
    widget = make_widget(**HOURLY, chart=chart)
    missing = client.get("/w/" + "x" * 24 + ".csv")
    answer = poll(widget)
    assert (answer.status_code, answer.content, answer.headers) == (404, missing.content, missing.headers)
    assert widget.url().endswith(".plain.csv")
    html = client.get(f"/w/{widget.slug}").content.decode()
    assert figure_in(html)["rows"][0][0] == poll(widget, "json").json()["rows"][0][0]
    assert "CSV for Cyfe" not in html
    assert "Plain CSV" in html


def test_a_table_by_hour_is_for_cyfe_too(poll: Any, make_widget: Any) -> None:
    widget = make_widget(**HOURLY, chart="table")
    assert lines(poll(widget)) == lines(poll(widget, "plain.csv"))
    assert widget.url().endswith(f"{widget.slug}.csv")


def test_a_report_without_a_unit_keeps_its_address_for_cyfe(poll: Any, make_widget: Any) -> None:
    widget = make_widget(report="saved_report", events=[], saved_report=SIGNUPS_REPORT, unit="hour")
    assert poll(widget).status_code == 200
    assert widget.url().endswith(f"{widget.slug}.csv")


def test_an_edit_removes_and_restores_the_address_for_cyfe_at_once(poll: Any, make_widget: Any) -> None:
    widget = make_widget(**HOURLY | {"unit": "day", "last": 3})
    assert poll(widget).status_code == 200
    widget.unit = "hour"
    widget.save()
    assert poll(widget).status_code == 404
    widget.unit = "day"
    widget.save()
    assert lines(poll(widget))[0] == ["Date", "Signed up"]


def test_the_form_and_the_preview_say_why_there_is_no_address_for_cyfe(admin_client: Client, make_widget: Any) -> None:
    widget = make_widget(**HOURLY)
    page = admin_client.get(f"/admin/widgets/widget/{widget.pk}/change/")
    html = page.content.decode()
    assert NOT_FOR_CYFE.replace("'", "&#x27;") in html
    assert widget.url("csv") not in html
    assert widget.url("plain.csv") in html
    fields = {"report": "insights", "metrics-0-event": "Signed up", "unit": "hour", "title": "", "ask": "missing"}
    preview = admin_client.post(
        "/admin/widgets/widget/preview/", answers_of(widget.project, **fields), headers={"Accept": "application/json"}
    )
    shown = json.loads(preview.content)["preview"]
    assert (shown["data_note"], shown["csv"]) == (NOT_FOR_CYFE, "")
    assert shown["figure"]["columns"] == ["Time", "Signed up"]


def test_changing_a_polled_chart_to_hours_shows_a_warning(admin_client: Client, poll: Any, make_widget: Any) -> None:
    widget = make_widget(**HOURLY | {"unit": "day", "last": 3})
    poll(widget)
    fields = {"report": "insights", "metrics-0-event": "Signed up", "unit": "hour", "title": widget.title}
    address = f"/admin/widgets/widget/{widget.pk}/change/"
    saved = admin_client.post(address, answers_of(widget.project, **fields), follow=True)
    assert Widget.objects.get().unit == "hour"
    assert NOT_FOR_CYFE in map(str, saved.context["messages"])
