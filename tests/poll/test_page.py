"""`/w/<slug>`: the page of a widget, for everybody who knows its address."""

import json
import re
from html import unescape
from typing import Any

from django.test import Client

from fake_mixpanel.saved_reports import UNDATED_BREAKDOWN_REPORT
from tests.poll.test_poll import age
from widgets.models import Project


def figure_in(html: str) -> Any:
    found = re.search(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_it_shows_the_chart_its_age_and_the_other_formats(client: Client, make_widget: Any) -> None:
    widget = make_widget(title="Signups & <b>more</b>")
    response = client.get(f"/w/{widget.slug}")
    html = response.content.decode()
    assert "<h1>Signups &amp; &lt;b&gt;more&lt;/b&gt;</h1>" in html
    assert figure_in(html)["columns"] == ["Date", "Signed up"]
    assert f'<a href="{widget.slug}.csv">' in html
    assert "<time datetime=" in html
    assert response["Cache-Status"] == "mixcyfe; fwd=miss", "the first request waits for Mixpanel, as a poll does"


def test_any_site_may_frame_it_and_it_reads_no_cookie(client: Client, make_widget: Any) -> None:
    widget = make_widget()
    response = client.get(f"/w/{widget.slug}")
    assert "frame-ancestors *" in response["Content-Security-Policy"]
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "X-Frame-Options" not in response
    assert not response.cookies
    assert "Vary" not in response
    same = client.get(f"/w/{widget.slug}?theme=x", headers={"Cookie": "sessionid=x"})
    assert same.content == response.content


def test_browsers_ask_each_time_whether_the_page_changed(client: Client, make_widget: Any) -> None:
    widget = make_widget()
    first = client.get(f"/w/{widget.slug}")
    assert first["Cache-Control"].endswith(", no-cache")
    again = client.get(f"/w/{widget.slug}", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head(f"/w/{widget.slug}").content == b""


def test_it_says_that_there_are_no_numbers(client: Client, make_widget: Any, mixpanel: Any) -> None:
    mixpanel.fail(503)
    response = client.get(f"/w/{make_widget().slug}")
    assert (response.status_code, response["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert response["Retry-After"]
    assert "MixCyfe gets no new numbers from Mixpanel now." in response.content.decode()
    assert "There are no numbers yet." in response.content.decode()


def test_it_keeps_the_last_numbers_and_says_that_they_are_old(client: Client, make_widget: Any, mixpanel: Any) -> None:
    widget = make_widget(include_today=True)
    before = figure_in(client.get(f"/w/{widget.slug}").content.decode())
    age(widget, minutes=20)
    mixpanel.fail(503)
    client.get(f"/w/{widget.slug}")
    html = unescape(client.get(f"/w/{widget.slug}").content.decode())
    assert figure_in(html) == before
    assert "Last numbers from" in html
    assert "MixCyfe gets no new numbers from Mixpanel now." in html


def test_it_does_not_repeat_mixpanels_message(
    client: Client, make_widget: Any, project: Project, mixpanel: Any, poll: Any
) -> None:
    widget = make_widget(include_today=True)
    poll(widget)
    age(widget, minutes=20)
    words = f"Unable to authenticate request for project {project.project_id}"
    mixpanel.fail(400, {"error": words})
    poll(widget)
    assert words in poll(widget)["Cache-Status"], "people can read the reason with curl"
    for shown in (widget, make_widget(last=9)):
        response = client.get(f"/w/{shown.slug}")
        assert "authenticate" not in response.content.decode()
        assert "authenticate" not in str(response.headers)
        assert "MixCyfe gets no new numbers" in response.content.decode()


def test_a_chart_that_does_not_fit_is_explained(client: Client, make_widget: Any) -> None:
    widget = make_widget(report="saved_report", events=[], saved_report=UNDATED_BREAKDOWN_REPORT, chart="line")
    html = unescape(client.get(f"/w/{widget.slug}").content.decode())
    assert "The chart “line” can't show this saved report" in html
