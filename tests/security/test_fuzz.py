"""Random input from Cyfe, browsers, proxies and Mixpanel: each request gets an answer in time, and no status 500."""

import json
import re
import string
from typing import Any
from urllib.parse import quote

import pytest
import responses
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.conftest import examples
from tests.security.conftest import Team
from widgets.models import ApiCall, Snapshot, Widget
from widgets.poll.fast_path import FastPath

pytestmark = pytest.mark.django_db
ROOT = "http://mixpanel.test/api"


def tries(count: int) -> settings:
    """Settings of Hypothesis for `examples(count)` examples. An example that takes over 15 seconds fails."""
    return settings(
        max_examples=examples(count),
        deadline=15_000,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


# The characters that a server accepts in a header: Latin-1 without NUL and line breaks.
header_text = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=80)
hosts = st.one_of(
    header_text,
    st.sampled_from(["testserver", "TESTSERVER", "testserver:80", "testserver:x", "testserver.", "evil.example", ""]),
    st.from_regex(r"(testserver|\[::1\]|127\.0\.0\.1)(:[0-9a-z]{0,6})?", fullmatch=True),
)
tags = st.one_of(header_text, st.sampled_from(["*", '"', "W/", 'W/"x", "y"', '"' * 60, ",,,", '"x"' * 20]))
addresses = st.one_of(header_text, st.ip_addresses().map(str), st.sampled_from(["[::1]:4", "1.2.3.4:5, x", "unknown"]))
headers = st.fixed_dictionaries(
    {},
    optional={
        "Host": hosts,
        "If-None-Match": tags,
        "If-Modified-Since": header_text,
        "X-Forwarded-For": addresses,
        "X-Forwarded-Proto": st.sampled_from(["https", "http", "HTTPS", "https,http", ""]) | header_text,
        "X-Forwarded-Host": hosts,
        "X-Original-URL": header_text,
        "Range": st.sampled_from(["bytes=0-", "bytes=5-1", "bytes=0-0,1-1", "lines=1-2"]) | header_text,
        "Cookie": header_text | st.text(string.printable, max_size=40).map(lambda text: f"sessionid={text!r}"),
        "Accept": header_text,
        "Accept-Encoding": header_text,
        "Accept-Language": header_text,
        "Content-Length": st.sampled_from(["0", "-1", "x", "9" * 30, "٣", ""]),
        "Content-Type": header_text,
        "User-Agent": header_text,
        "Origin": header_text,
        "Referer": header_text,
    },
)
slugs = st.one_of(
    st.text(string.ascii_letters + string.digits + "-_", min_size=20, max_size=66),
    st.text(string.printable, max_size=40),
    st.text(max_size=40),
)

PARAMETERS = [
    "q",
    "p",
    "o",
    "e",
    "page",
    "all",
    "health",
    "project",
    "project__id__exact",
    "owner",
    "chart",
    "report",
    "active",
    "wall",
    "_facets",
    "_popup",
    "_to_field",
    "action_time__gte",
    "action_flag__exact",
    "members__id",
    "project__secret",
    "owner__password__startswith",
]


def decent(response: Any, *allowed: int) -> None:
    assert response.status_code in allowed, response.status_code
    assert b"Traceback" not in response.content
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response["Content-Security-Policy"]


@tries(150)
@given(slugs, st.sampled_from(["csv", "json", "figure", "html", "", "CSV", "csv.csv"]), headers)
def test_it_answers_any_slug_and_any_header(client: Client, slug: str, format: str, sent: dict[str, str]) -> None:
    response = client.get(f"/w/{quote(slug, errors='replace')}.{format}", headers=sent)
    decent(response, 404, 400, 413)
    assert not response.cookies


@tries(150)
@given(headers, st.sampled_from(["get", "head", "post", "options"]))
@example({"X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"}, "get")
def test_it_answers_a_real_widget_with_any_header(
    acme: Team, client: Client, sent: dict[str, str], method: str
) -> None:
    url = f"/w/{acme.widget.slug}.csv"
    plain = client.get(url)
    response = getattr(client, method)(url, headers=sent)
    decent(response, 200, 304, 400, 405, 413)
    assert not response.cookies
    if response.status_code == 200 and method == "get":
        assert response.content == plain.content


@tries(60)
@given(headers, st.sampled_from(["GET", "HEAD", "POST"]))
@example({"Host": "testserver:x"}, "GET")
@example({"Host": "testserver:80"}, "GET")
def test_the_fast_path_answers_as_django_does(acme: Team, client: Client, sent: dict[str, str], method: str) -> None:
    url = f"/w/{acme.widget.slug}.csv"
    client.get(url)
    response = client.generic(method, url, headers=sent)
    started: list[Any] = []
    environ = RequestFactory().generic(method, url, headers=sent).environ
    body = b"".join(FastPath(WSGIHandler())(environ, lambda *args: started.extend(args)))
    assert started[0][:3] == str(response.status_code)
    assert body == response.content or method == "HEAD", "an answer to HEAD has no body"


@tries(40)
@given(headers, st.sampled_from(["/", "/admin/", "/admin/login/", "/healthz", "/charts/1.json", "/no/such/page"]))
def test_it_answers_people_with_any_header(client: Client, sent: dict[str, str], path: str) -> None:
    decent(client.get(path, headers=sent), 200, 302, 400, 404, 413)


@tries(80)
@given(
    st.dictionaries(st.sampled_from(["username", "password", "next", "csrfmiddlewaretoken", "x"]), st.text()), headers
)
def test_it_answers_any_login(client: Client, data: dict[str, str], sent: dict[str, str]) -> None:
    sent = {name: value for name, value in sent.items() if not name.startswith("Content-")}
    decent(client.post("/admin/login/", data, headers=sent), 200, 302, 400, 403, 413, 429)


@tries(40)
@given(
    st.sampled_from(["admin/widgets/widget/", "admin/widgets/project/", "admin/widgets/auditentry/", ""]),
    st.dictionaries(
        st.sampled_from(PARAMETERS),
        st.text(max_size=12) | st.integers(-(2**70), 2**70).map(str),
        max_size=3,
    ),
)
@example("admin/widgets/widget/", {"project": "abc"})
@example("admin/widgets/widget/", {"owner": "9" * 30})
@example("admin/widgets/widget/", {"q": "\0", "p": "-1"})
def test_it_answers_any_query_of_a_list(acme: Team, log_in: Any, path: str, query: dict[str, str]) -> None:
    decent(log_in(acme.editor).get(f"/{path}", query), 200, 302, 400, 403)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
shaped = st.fixed_dictionaries(
    {
        "data": st.fixed_dictionaries(
            {"series": st.lists(st.sampled_from(["2026-11-01", "x", ""]) | values, max_size=4), "values": values}
        )
    },
    optional={"legend_size": values, "computed_at": values, "error": values},
)
INSIGHTS = {"headers": ["$metric", "plan"], "meta": {"report_sections": {"show": [{"metric_key": "Signed up"}]}}}
insights = st.fixed_dictionaries(
    {
        "headers": st.just(INSIGHTS["headers"]) | values,
        "series": st.fixed_dictionaries({"Signed up": values}) | values,
        "meta": st.just(INSIGHTS["meta"]) | values,
    }
)
hostile = st.text(st.sampled_from("=+-@\t\r\n\0\x1b[31m<script>&'\"\u202e\u2028,;|é💥"), max_size=20)
labelled = st.dictionaries(
    hostile, st.dictionaries(st.sampled_from(["2026-11-20", hostile]).map(str), values), max_size=4
)
bodies = st.one_of(
    st.binary(max_size=200),
    values.map(lambda value: json.dumps(value).encode()),
    (shaped | insights).map(lambda value: json.dumps(value).encode()),
    labelled.map(lambda rows: json.dumps({"data": {"series": ["2026-11-20"], "values": rows}}).encode()),
    labelled.map(lambda rows: json.dumps({"series": {"Signed up": rows}, **INSIGHTS}).encode()),
    st.integers(1, 3000).map(lambda depth: b"[" * depth + b"]" * depth),
)


@tries(150)
@given(bodies, st.sampled_from([200, 200, 200, 204, 302, 400, 401, 402, 429, 500, 503, 999]), st.data())
@example(b'{"data": {"series": ["2026-11-20"], "values": {"Signed up": {"2026-11-20": 1e400}}}}', 200, None)
def test_it_answers_whatever_mixpanel_says(
    acme: Team, client: Client, settings: Any, body: bytes, status: int, data: Any
) -> None:
    settings.MIXPANEL_API_ROOT = ROOT
    reports = [("events", ""), ("segmentation", "plan"), ("retention", ""), ("funnel", ""), ("top_events", "")]
    report, breakdown = data.draw(st.sampled_from(reports)) if data else reports[0]
    widget = acme.widget
    Widget.objects.filter(pk=widget.pk).update(report=report, breakdown=breakdown, funnel=1, born_event="Signed up")
    widget = Widget.objects.get(pk=widget.pk)
    widget.project.engine = data.draw(st.sampled_from(["insights", "classic"])) if data else "classic"
    widget.project.clear_backoff()
    widget.project.save()
    widget.save()
    Snapshot.objects.update(fetched_at=None, retry_at=None, report_json="", version=0)
    ApiCall.objects.all().delete()  # only 60 calls per hour are allowed
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mixpanel:
        for method in ("GET", "POST"):
            mixpanel.add(method, re.compile(f"{ROOT}/.*"), status=status, body=body, headers={"Retry-After": "0"})
        for extension in (".csv", ".json", ""):
            response = client.get(f"/w/{widget.slug}{extension}")
            decent(response, 200, 503)
            assert "can't answer at the moment" not in response.content.decode()
        assert mixpanel.calls, "Mixpanel got a query"
