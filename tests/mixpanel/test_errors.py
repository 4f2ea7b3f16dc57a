"""Mixpanel's error responses: the status and body of each, and the error that the client raises."""

import json
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
import responses
import time_machine

from widgets.mixpanel import errors
from widgets.mixpanel.auth import ServiceAccount
from widgets.mixpanel.client import Client
from widgets.mixpanel.errors import LONGEST_MESSAGE, MixpanelError

URL = "https://mixpanel.com/api/query/segmentation"
LIMIT = (
    "Query rate limit exceeded for project_id: 2526451. {} queries running concurrently and {} queries running"
    " in the last hour. For more information, please consult our documentation at https://developer.mixpanel.com"
)


def said(words: object) -> str:
    return json.dumps({"request": "/api/2.0/segmentation?event=a", "error": words})


@pytest.fixture
def client() -> Client:
    return Client(ServiceAccount("acme.sa", "t0ps3cret"), project_id=7)


def error_of(client: Client, status: int, body: object, **headers: str) -> MixpanelError:
    with responses.RequestsMock() as mixpanel:
        mixpanel.get(URL, status=status, body=body, headers=headers)
        with pytest.raises(MixpanelError) as caught:
            client.query("segmentation", {"event": "a"})
    return caught.value


@pytest.mark.parametrize(("status", "body", "expected"), [
    (400, said("Unable to authenticate request"), errors.CredentialsError),
    (400, "Unable to authenticate request", errors.CredentialsError),
    (401, said("Invalid service account credentials"), errors.CredentialsError),
    (401, "", errors.CredentialsError),
    (403, "<html><title>Forbidden</title>", errors.CredentialsError),
    (400, said("to_date cannot be later than today"), errors.TimeZoneError),
    (402, said("Your plan does not allow API calls. Upgrade at mixpanel.com/pricing"), errors.PlanError),
    (400, said("Your plan does not allow API calls"), errors.PlanError),
    (403, said("Your plan does not allow API calls"), errors.PlanError),
    (403, said("Query rate limit exceeded"), errors.RateLimitError),
    (403, said("no access"), errors.CredentialsError),
    (400, said("invalid event"), errors.QueryError),
    (400, "", errors.QueryError),
    (404, "{", errors.QueryError),
    (413, b"\xff\xfe", errors.QueryError),
    (429, said(LIMIT.format("1/5", "61/60")), errors.RateLimitError),
    (429, "slow down", errors.RateLimitError),
    (408, "", errors.UnavailableError),
    (500, said("unknown error"), errors.UnavailableError),
    (500, said("Unable to authenticate request"), errors.UnavailableError),
    (502, "<html>Bad gateway</html>", errors.UnavailableError),
    (503, "", errors.UnavailableError),
    (504, "upstream timed out", errors.UnavailableError),
    (301, "", errors.UnavailableError),
    (204, "", errors.UnavailableError),
    (200, said("Unable to authenticate request"), errors.CredentialsError),
    (200, said("to_date cannot be later than today"), errors.TimeZoneError),
    (200, said("Your plan does not allow API calls"), errors.PlanError),
    (200, said(LIMIT.format("5/5", "9/60")), errors.RateLimitError),
    (200, said("exceeded the rate limit (61/60 queries running in the last hour)"), errors.RateLimitError),
    (400, said("exceeded the concurrency limit (6/5 queries running concurrently)"), errors.RateLimitError),
    (200, said("no such property"), errors.QueryError),
    (200, said({"code": 3, "text": "no such property"}), errors.QueryError),
    (200, said(True), errors.QueryError),
    (200, "", errors.UnavailableError),
    (200, " \n", errors.UnavailableError),
    (200, "<html>Welcome</html>", errors.UnavailableError),
    (200, '{"data": {', errors.UnavailableError),
    (200, b'{"data": "\xff"}', errors.UnavailableError),
    (200, '"a text"', errors.UnavailableError),
    (200, "null", errors.UnavailableError),
    (200, "12", errors.UnavailableError),
    (200, "[" * 200_000, errors.UnavailableError),
    (200, "[" * 500 + "]" * 500, errors.UnavailableError),
    (200, '{"n": ' + "9" * 5000 + "}", errors.UnavailableError),
    (200, requests.ReadTimeout(), errors.UnavailableError),
    (200, requests.ConnectTimeout(), errors.UnavailableError),
    (200, requests.ConnectionError("Connection aborted"), errors.UnavailableError),
    (200, requests.exceptions.ChunkedEncodingError(), errors.UnavailableError),
    (200, ZeroDivisionError("a bug"), errors.UnavailableError),
])  # fmt: skip
def test_it_recognizes_each_error_by_status_and_body(client, status, body, expected):
    error = error_of(client, status, body)
    assert type(error) is expected
    assert error.status == (None if isinstance(body, Exception) else status)
    assert error.kind
    assert error.advice.endswith(".")
    assert len(error.message) <= LONGEST_MESSAGE
    assert str(error) == error.message


def test_it_counts_a_wrong_time_zone_among_the_wrong_queries():
    assert issubclass(errors.TimeZoneError, errors.QueryError)


def test_its_message_quotes_mixpanels_own_words_but_no_html(client):
    assert str(error_of(client, 400, said("no event “Signup”"))) == "Mixpanel refused the query: no event “Signup”"
    assert str(error_of(client, 503, said("unknown error"))) == "Mixpanel answered 503 (unknown error)."
    assert str(error_of(client, 502, "<html>Bad gateway</html>")) == "Mixpanel answered 502."
    assert str(error_of(client, 200, requests.ReadTimeout())) == "Mixpanel did not answer within 60 seconds."


def test_it_says_whether_mixpanel_might_still_run_the_query(client):
    assert error_of(client, 200, requests.ReadTimeout()).gave_up
    for failure in (requests.ConnectTimeout(), requests.ConnectionError()):
        assert not error_of(client, 200, failure).gave_up
    assert not error_of(client, 503, "").gave_up


def test_it_cuts_and_cleans_what_people_will_read(client):
    hostile = (
        "\x1b[31mred\x1b[0m\x1b]8;;http://evil\x07 \x00\x9b2J \u202eback\ud800\r\nSet-Cookie: x\u2028" + "x" * 5000
    )
    message = str(error_of(client, 400, said(hostile)))
    assert message.startswith("Mixpanel refused the query: red back Set-Cookie: x xxx")
    assert len(message) == LONGEST_MESSAGE
    assert message.isprintable()
    message.encode()


@pytest.mark.parametrize("status", [200, 400, 403, 429])
def test_a_query_that_a_limit_refused_is_not_counted_whatever_the_status(client, status):
    assert not error_of(client, status, said(LIMIT.format("1/5", "61/60"))).counts
    assert status == 429 or error_of(client, status, said("invalid event")).counts


def test_it_tells_people_to_ask_for_less_if_an_answer_is_too_large(client):
    error = error_of(client, 200, "[" * 200_001)
    assert type(error) is errors.TooLargeError
    assert "Ask for less" in error.message
    assert "Wait" not in error.advice


@pytest.mark.parametrize(("days", "first"), [(90, "21 August 2026"), (1, "18 November 2026"), (0, "18 November 2026")])
def test_it_says_which_dates_a_plan_includes(client, days, first):
    error = error_of(client, 403, said(f"Date range exceeds {days} days into the past"))
    found = f"The first possible date is {first}: the plan includes only the last {days} days, up to today."
    assert found in error.advice_on(date(2026, 11, 18))


@pytest.mark.parametrize("space", ["", " ", "   "])
@pytest.mark.parametrize("extra", ["", ';qu="concurrent-requests"', ";pk=:cHJv:", ";x-2", ";x_y=?1"])
def test_it_reads_limits_from_different_valid_forms_of_the_rate_limit_headers(client, space, extra):
    """Spaces are allowed after a semicolon: https://www.rfc-editor.org/rfc/rfc9651#section-3.1.2"""
    policy = f'"project"{extra};q=60;w=3600, "project-concurrency"{extra};q=5'.replace(";", f";{space}")
    left = f'"project"{extra};r=12, "project-concurrency";r=0;t=10'.replace(";", f";{space}")
    limits = error_of(client, 429, "", **{"RateLimit-Policy": policy, "RateLimit": left}).limits
    assert (limits.hourly, limits.concurrent, limits.too_many_at_once) == (60, 5, True)


@pytest.mark.parametrize(("words", "expected"), [
    (LIMIT.format("1/5", "61/60"), (5, 60)),
    (LIMIT.format("6/5", "400/400"), (5, 400)),
    (LIMIT.format("0/0", "7/999999999"), (None, None)),
    (LIMIT.format("-1/-5", "1e9/sixty"), (None, None)),
    ("a" * 400 + LIMIT.format("1/5", "61/60"), (5, 60)),
    ("9" * 5000 + "/" + "9" * 5000 + " queries running concurrently", (None, None)),
    ("slow down", (None, None)),
])  # fmt: skip
def test_it_reads_the_projects_limits_in_the_message(client, words, expected):
    error = error_of(client, 429, said(words))
    assert isinstance(error, errors.RateLimitError)
    assert (error.limits.concurrent, error.limits.hourly) == expected


@pytest.mark.parametrize(("header", "seconds"), [
    ("120", 120.0),
    ("0", 0.0),
    ("000000000000000000030", 30.0),
    ("999999", 3600.0),
    ("9" * 6000, 3600.0),
    ("Wed, 21 Oct 2026 07:30:00 GMT", 120.0),
    ("Wed, 21 Oct 2026 07:30:00", 120.0),
    ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0),
    ("-5", None), ("1.5", None), ("soon", None), ("", None), ("١٢", None),
])  # fmt: skip
@time_machine.travel(datetime(2026, 10, 21, 7, 28, tzinfo=UTC), tick=False)
def test_it_reads_how_long_to_wait(header, seconds):
    assert errors.seconds_to_wait(header) == seconds


@pytest.mark.parametrize("status", [429, 503])
def test_it_passes_on_how_long_mixpanel_wants_us_to_wait(client, status):
    assert error_of(client, status, "", **{"Retry-After": "30"}).retry_after == 30.0
    soon = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    assert 290 < error_of(client, status, "", **{"Retry-After": soon}).retry_after <= 300
    assert error_of(client, status, "").retry_after is None
