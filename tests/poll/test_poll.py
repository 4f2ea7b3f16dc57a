"""`/w/<slug>.<format>`: the answers that Cyfe gets."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from widgets.models import Snapshot, Widget

pytestmark = pytest.mark.django_db


def age(widget: Widget, **by: float) -> None:
    """Sets the age of the widget's data, for example `hours=2`."""
    at = timezone.now() - timedelta(**by)
    snapshot = Snapshot.objects.filter(pk=widget.snapshot_id)
    snapshot.update(fetched_at=at, retry_at=None)
    snapshot.set_due(widget.project)


def test_it_queries_mixpanel_if_there_is_no_data_yet(poll: Any, make_widget: Any, mixpanel: Any) -> None:
    response = poll(make_widget())
    assert response.status_code == 200
    assert response.content.startswith(b"Date,Signed up\n20")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Cache-Status"] == "mixcyfe; fwd=miss"
    assert len(mixpanel.calls) == 1


def test_it_answers_a_hot_poll_with_one_statement_and_no_query(
    poll: Any, make_widget: Any, mixpanel: Any, django_assert_num_queries: Any
) -> None:
    widget = make_widget()
    first = poll(widget)
    with django_assert_num_queries(1):
        again = poll(widget)
    assert again.content == first.content
    assert again["Cache-Status"].startswith("mixcyfe; hit; ttl=")
    assert len(mixpanel.calls) == 1


def test_its_headers_say_how_old_the_data_is_and_how_long_it_stays_fresh(poll: Any, make_widget: Any) -> None:
    widget = make_widget(include_today=True)
    poll(widget)
    response = poll(widget)
    assert response["Cache-Control"] in ("private, max-age=899", "private, max-age=900")
    assert response["Last-Modified"].endswith("GMT")
    assert response["ETag"].startswith('"')
    assert not response.cookies


def test_it_sends_304_while_cyfe_has_the_content(poll: Any, make_widget: Any) -> None:
    widget = make_widget()
    etag = poll(widget)["ETag"]
    for header in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = poll(widget, **{"If-None-Match": header})
        assert (response.status_code, response.content) == (304, b"")
        assert response["ETag"] == etag
        assert "Cache-Status" in response
    assert poll(widget, **{"If-None-Match": '"other"'}).status_code == 200


def test_it_answers_head_like_get_without_the_body(client: Client, poll: Any, make_widget: Any) -> None:
    widget = make_widget()
    got = poll(widget)
    head = client.head(f"/w/{widget.slug}.csv")
    assert head.content == b""
    assert head["Content-Length"] == str(len(got.content))
    assert head["ETag"] == got["ETag"]


def test_it_gives_the_same_404_for_all_addresses_without_a_widget(
    client: Client, make_widget: Any, mixpanel: Any
) -> None:
    widget = make_widget()
    paused = make_widget(active=False)
    replaced = widget.slug
    widget.replace_slug()
    wrong_formats = (".", ".html", ".figure", ".page", "/", ".csv/", ".csv.csv")
    addresses = [
        *(f"/w/{slug}{ending}" for slug in (paused.slug, replaced, "x" * 24, "x", "") for ending in ("", ".csv")),
        *(f"/w/{widget.slug}{ending}" for ending in wrong_formats),
        f"/w/{widget.slug.upper()}.csv",
        f"/w/{'x' * 10_000}.csv",
        "/w/..%2f..%2fetc.csv",
        "/w/%00%ff%fe.csv",
        "/w/ünïcödé.csv",
    ]
    answers = {
        (response.status_code, response.content, tuple(sorted(response.items())))
        for response in map(client.get, addresses)
    }
    assert len(answers) == 1
    assert next(iter(answers))[0] == 404
    assert mixpanel.calls == []


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_it_allows_no_other_method(client: Client, make_widget: Any, method: str) -> None:
    widget = make_widget()
    strict = Client(enforce_csrf_checks=True)
    for ending in ("", ".csv"):
        response = getattr(strict, method)(f"/w/{widget.slug}{ending}")
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_it_lets_no_query_parameter_or_cookie_change_the_answer(client: Client, poll: Any, make_widget: Any) -> None:
    widget = make_widget()
    plain = poll(widget)
    client.cookies["sessionid"] = "x"
    odd = client.get(f"/w/{widget.slug}.csv?clean=False&event=Other&_=1")
    assert odd.content == plain.content
    assert odd["ETag"] == plain["ETag"]
    assert "Vary" not in odd


def test_it_gives_json_with_labels_as_they_are_and_numbers_as_numbers(poll: Any, make_widget: Any) -> None:
    widget = make_widget(report="segmentation", breakdown="utm_source", chart="list", clean_labels=False)
    poll(widget)
    response = poll(widget, "json")
    content = response.json()
    assert response["Content-Type"] == "application/json"
    assert (content["title"], content["chart"]) == (widget.title, "list")
    assert content["columns"] == ["utm_source", "Signed up"]
    labels = [row[0] for row in content["rows"]]
    assert "news,letter" in labels
    assert "-1+1" in labels
    assert all(isinstance(row[1], int) for row in content["rows"])
    assert content["stale"] is False
    assert content["fetched_at"] == widget.snapshot.__class__.objects.get(pk=widget.snapshot_id).fetched_at.isoformat()


def test_it_says_in_json_when_its_data_are_stale(poll: Any, make_widget: Any, mixpanel: Any) -> None:
    widget = make_widget(include_today=True)
    fresh = poll(widget, "json")
    age(widget, minutes=20)
    mixpanel.fail(503)
    stale = poll(widget, "json")
    assert stale.json()["stale"] is True
    assert stale["ETag"] != fresh["ETag"]


def test_it_serves_the_last_good_answer_while_mixpanel_fails(poll: Any, make_widget: Any, mixpanel: Any) -> None:
    widget = make_widget(include_today=True)
    good = poll(widget).content
    faults = ["garbage", "truncated", "html", "empty", "reset", "deep", "wrong_shape"]
    for fault in faults:
        mixpanel.broken(fault)
        age(widget, minutes=30)
        before = len(mixpanel.calls)
        response = poll(widget)
        assert (response.status_code, response.content) == (200, good), fault
        assert len(mixpanel.calls) == before + 1, fault
        told = poll(widget)
        assert "detail=" in told["Cache-Status"], fault
        assert int(told["Cache-Status"].split("ttl=")[1].split(";")[0]) < 0
        assert told["Cache-Control"] == "private, max-age=0"
        mixpanel.clear_faults()
    age(widget, minutes=30)
    poll(widget)
    recovered = poll(widget)
    assert "detail" not in recovered["Cache-Status"]
    assert recovered["Cache-Status"].startswith("mixcyfe; hit; ttl=8")


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 429, 500, 502, 503, 504, 302])
def test_it_says_why_when_there_is_no_data_yet(poll: Any, make_widget: Any, mixpanel: Any, status: int) -> None:
    mixpanel.fail(status)
    response = poll(make_widget())
    assert response.status_code == 503
    assert int(response["Retry-After"]) >= 1
    assert response.content.endswith(b"\n")
    assert response.content.count(b"\n") == 1
    assert b"Traceback" not in response.content
    assert response["Content-Type"].startswith("text/plain")


def test_it_never_shows_data_of_the_query_before_an_edit(poll: Any, make_widget: Any, mixpanel: Any) -> None:
    widget = make_widget()
    before = poll(widget).content
    widget.events = ["Logged in"]
    widget.save()
    mixpanel.fail(500)
    assert poll(widget).status_code == 503
    mixpanel.clear_faults()
    Snapshot.objects.update(retry_at=None)
    after = poll(widget)
    assert after.content.startswith(b"Date,Logged in\n")
    assert after.content != before


def test_it_never_shows_data_of_another_project(poll: Any, make_widget: Any, project: Any, mixpanel: Any) -> None:
    widget = make_widget()
    poll(widget)
    project.project_id = 999
    project.save()
    mixpanel.fail(500)
    assert poll(widget).status_code == 503


def test_it_needs_no_query_when_only_the_chart_changes(poll: Any, make_widget: Any, mixpanel: Any) -> None:
    widget = make_widget(report="segmentation", breakdown="plan")
    etag = poll(widget)["ETag"]
    widget.chart, widget.exclude, widget.colors = "pie", ["Free"], ["#123456"]
    widget.full_clean()
    widget.save()
    response = poll(widget)
    assert response.content.splitlines()[0] == b"Team,Business"
    assert response["ETag"] != etag
    assert len(mixpanel.calls) == 1


def test_it_keeps_the_last_csv_if_new_data_does_not_fit_the_chart(poll: Any, make_widget: Any, mixpanel: Any) -> None:
    from fake_mixpanel.saved_reports import SIGNUPS_REPORT, UNDATED_REPORT

    widget = make_widget(report="saved_report", events=[], saved_report=SIGNUPS_REPORT)
    good = poll(widget)
    undated = make_widget(report="saved_report", events=[], saved_report=UNDATED_REPORT, chart="table")
    poll(undated)
    changed = Snapshot.objects.get(pk=undated.snapshot_id)
    # As if the saved report had been changed: the same query now gives numbers without dates.
    Snapshot.objects.filter(pk=widget.snapshot_id).update(report_json=changed.report_json, version=7)
    response = poll(widget)
    assert (response.status_code, response.content) == (200, good.content)
    assert "detail=" in response["Cache-Status"]


def test_it_writes_no_widget_address_into_the_log(
    poll: Any, client: Client, make_widget: Any, mixpanel: Any, caplog: Any
) -> None:
    caplog.set_level("INFO")
    widget = make_widget()
    mixpanel.fail(500)
    poll(widget)
    client.post(f"/w/{widget.slug}.csv")
    client.get(f"/w/{widget.slug}.html")
    assert widget.slug not in caplog.text


def test_it_refuses_unknown_slugs_with_one_indexed_read(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert client.get(f"/w/{'A' * 24}.csv").status_code == 404
    with django_assert_num_queries(0):
        assert client.get("/w/not-a-slug.csv").status_code == 404
