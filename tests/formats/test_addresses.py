"""A widget's formats besides Cyfe's CSV, over HTTP: contents, headers, and 404 for formats that the chart lacks."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from widgets.formats import FORMATS
from widgets.models import Snapshot

pytestmark = pytest.mark.django_db
OTHERS = ("plain.csv", "records.json", "json")


@pytest.fixture
def get(client: Client) -> Any:
    def get(widget: Any, extension: str, **headers: str) -> Any:
        return client.get(f"/w/{widget.slug}.{extension}", headers=headers)

    return get


def test_a_spreadsheet_gets_one_header_iso_dates_and_no_option_rows(get: Any, make_widget: Any) -> None:
    widget = make_widget(colors=["#112233"], options={"cumulative": True, "average": True})
    cyfes, plain = (list(csv.reader(io.StringIO(get(widget, e).content.decode()))) for e in ("csv", "plain.csv"))
    assert plain[0] == ["Date", "Signed up"]
    assert len(plain) == 6
    assert [line[0].replace("-", "") for line in plain[1:]] == [line[0] for line in cyfes[1:6]]
    assert [line[1] for line in plain[1:]] == [line[1] for line in cyfes[1:6]]
    assert len(plain[1][0]) == len("2026-11-26")
    assert len(cyfes) > 6, "Cyfe gets rows for its options"


def test_records_are_objects_with_the_header_s_keys(get: Any, make_widget: Any) -> None:
    widget = make_widget(report="segmentation", breakdown="plan", chart="table", last=2)
    plain = list(csv.DictReader(io.StringIO(get(widget, "plain.csv").content.decode())))
    records = get(widget, "records.json").json()
    assert len(records) == 2
    assert [{key: str(value) for key, value in record.items()} for record in records] == plain
    assert all(isinstance(value, int) for record in records for key, value in record.items() if key != "Date")


@pytest.mark.parametrize(("chart", "target"), [("number", None), ("gauge", 12_345)])
def test_a_badge_is_what_shields_io_reads(get: Any, make_widget: Any, chart: str, target: Any) -> None:
    widget = make_widget(title="Signups", chart=chart, target=target, colors=["#112233"])
    badge = get(widget, "badge.json")
    number = int(get(widget, "csv").content.decode().split("\n")[1].split(",")[0])
    message = f"{number:,} / 12,345" if target else f"{number:,}"
    assert badge.json() == {"schemaVersion": 1, "label": "Signups", "message": message, "color": "112233"}
    assert badge["Content-Type"] == "application/json"


def test_formats_that_a_widget_lacks_get_404(client: Client, get: Any, make_widget: Any) -> None:
    line, number = make_widget(), make_widget(chart="number")
    assert get(number, "badge.json").status_code == 200
    missing = client.get("/w/" + "x" * 24 + ".csv")
    for widget, extension in [
        (line, "badge.json"),
        (line, "plain"),
        (line, "csv.plain"),
        (line, "records"),
        (line, "figure"),
    ]:
        found = get(widget, extension)
        assert (found.status_code, found.content, found.headers) == (404, missing.content, missing.headers), extension
    number.chart = "line"
    number.save()
    assert get(number, "badge.json").status_code == 404


@pytest.mark.parametrize("extension", OTHERS)
def test_each_format_has_the_headers_of_cyfe_s_answer(
    client: Client, get: Any, make_widget: Any, extension: str
) -> None:
    widget = make_widget()
    cyfes, first = get(widget, "csv"), get(widget, extension)
    # The seconds in Cache-Status and Cache-Control can differ.
    differ = {"ETag", "Content-Type", "Content-Length", "Cache-Status", "Cache-Control"}
    assert {k: v for k, v in first.items() if k not in differ} == {k: v for k, v in cyfes.items() if k not in differ}
    assert first["Cache-Control"].startswith("private, max-age=")
    assert first["Content-Type"] == FORMATS[extension].content_type
    again = get(widget, extension, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    head = client.head(f"/w/{widget.slug}.{extension}")
    assert (head.content, head["Content-Length"]) == (b"", str(len(first.content)))
    assert client.post(f"/w/{widget.slug}.{extension}").status_code == 405
    assert client.get(f"/w/{widget.slug}.{extension}?a=b").content == first.content


def test_all_formats_come_from_one_query_and_stay_during_an_outage(
    get: Any, make_widget: Any, mixpanel: Any, django_assert_num_queries: Any
) -> None:
    widget = make_widget(chart="number")
    before = {extension: get(widget, extension).content for extension in FORMATS}
    assert len(mixpanel.calls) == 1
    with django_assert_num_queries(len(FORMATS)):
        assert {extension: get(widget, extension).content for extension in FORMATS} == before
    mixpanel.fail(status=500)
    Snapshot.objects.update(due_at=timezone.now(), retry_at=timezone.now() + timedelta(hours=1))
    during = {extension: get(widget, extension) for extension in FORMATS}
    assert {answer.status_code for answer in during.values()} == {200}
    assert all(during[e].content == before[e] for e in FORMATS if e != "json")


def test_hostile_labels_become_no_formula_and_break_no_line(get: Any, make_widget: Any) -> None:
    widget = make_widget(
        report="segmentation", breakdown="plan", rename={"Free": '=HYPERLINK("http://x","y")', "Team": 'a"b,c\n@d'}
    )
    header = next(csv.reader(io.StringIO(get(widget, "plain.csv").content.decode(), newline="")))
    assert '\'=HYPERLINK("http://x","y")' in header
    assert 'a"b,c @d' in header
    assert set(json.loads(get(widget, "records.json").content)[0]) == set(header)


def test_a_page_without_numbers_offers_the_formats_that_the_widget_has(
    client: Client, make_widget: Any, mixpanel: Any
) -> None:
    mixpanel.fail(status=500)
    hours = {"report": "insights", "events": [], "metrics": [{"event": "Signed up"}], "unit": "hour"}
    for fields, has, lacks in (({"chart": "number"}, "Badge", ""), (hours, "Plain CSV", "CSV for Cyfe")):
        page = client.get(f"/w/{make_widget(**fields).slug}")
        html = page.content.decode()
        assert page.status_code == 503
        assert has in html
        assert not lacks or lacks not in html
