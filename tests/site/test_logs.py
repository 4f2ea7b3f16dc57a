"""The log of an outage: one line per cause and minute, for any number of failures."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from mixcyfe_site.logs import JsonLine, OncePerMinute, OneLine
from widgets.models import Widget


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def log(clock: list[float]) -> Iterator[io.StringIO]:
    """The log, written with the site's own formatter and filter."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(OneLine("%(levelname)s %(name)s %(message)s"))
    handler.addFilter(OncePerMinute(lambda: clock[0]))
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def no_database() -> Iterator[None]:
    def away(*args: Any) -> None:
        raise OperationalError("the database\nis away")

    with connection.execute_wrapper(away):
        yield


def test_an_outage_is_one_line_per_cause_and_minute(
    client: Client, make_widget: Callable[..., Widget], no_database: None, log: io.StringIO, clock: list[float]
) -> None:
    for _ in range(3):
        for _ in range(40):
            assert client.get(f"/w/{'x' * 24}.csv").status_code == 503
            assert client.get("/healthz").json() == {"status": "not ok"}
        clock[0] += 61
    said = "OperationalError: the database\\nis away"
    more = f"{said} (and 39 more like this since the last such line)"
    polls, health = "ERROR widgets.poll.view a poll failed: ", "ERROR widgets.web.healthz /healthz: no database: "
    assert re.sub(" request=[0-9a-f]{32}$", "", log.getvalue(), flags=re.MULTILINE).splitlines() == [
        polls + said,
        health + said,
        *[polls + more, health + more] * 2,
    ]


def test_a_bug_keeps_its_traceback_once_per_minute_and_place(log: io.StringIO) -> None:
    def one() -> None:
        raise ValueError("one")

    def other() -> None:
        raise ValueError("other")

    for _ in range(5):
        for bug in (one, other):
            try:
                bug()
            except ValueError:
                logging.getLogger("widgets").exception("a bug")
    lines = log.getvalue().splitlines()
    assert [line for line in lines if not line.startswith("  ")] == ["ERROR widgets a bug"] * 2
    assert sum("Traceback" in line for line in lines) == 2


def broken(get_response: Any) -> Any:
    """A middleware that fails at every request."""

    def fail(request: Any) -> Any:
        raise ValueError(request.method)

    return fail


def test_no_line_holds_the_address_of_a_poll(settings: Any, log: io.StringIO, clock: list[float]) -> None:
    settings.MIDDLEWARE = [f"{__name__}.broken"]
    client = Client(raise_request_exception=False)
    for address in ("/admin/", f"/w/{'x' * 24}.csv"):
        assert client.get(address).status_code == 500
        clock[0] += 61
    assert [line for line in log.getvalue().splitlines() if line.startswith("ERROR")] == [
        "ERROR django.request Internal Server Error: /admin/",
        "ERROR django.request a request failed before its view was called",
    ]


def test_a_json_line_does_not_contain_the_address_of_a_poll(settings: Any, log: io.StringIO) -> None:
    settings.MIDDLEWARE = [f"{__name__}.broken"]
    handler = next(each for each in logging.getLogger().handlers if getattr(each, "stream", None) is log)
    handler.setFormatter(JsonLine())
    assert Client(raise_request_exception=False).get(f"/w/{'x' * 24}.csv").status_code == 500
    (line,) = map(json.loads, log.getvalue().splitlines())
    assert line["message"] == "a request failed before its view was called"
    assert line["exception"].endswith("ValueError: GET")
    assert "xxxx" not in log.getvalue()


@pytest.mark.parametrize("formatter", [OneLine, JsonLine])
@pytest.mark.parametrize("text", ["x" * 100_000, "line\n" * 100_000, "é\n" * 100_000], ids=["line", "lines", "accents"])
def test_an_errors_endless_message_is_cut(log: io.StringIO, formatter: type[logging.Formatter], text: str) -> None:
    handler = next(each for each in logging.getLogger().handlers if getattr(each, "stream", None) is log)
    handler.setFormatter(formatter())

    def bug() -> None:
        raise ValueError(text)

    try:
        bug()
    except ValueError:
        logging.getLogger("widgets").exception("a bug")
    assert 2000 < len(log.getvalue()) < 48_000


def test_each_query_still_logs_one_line(log: io.StringIO) -> None:
    for _ in range(5):
        logging.getLogger("widgets.refresh.run").warning("query outcome=%s", "unavailable")
    assert log.getvalue().count("\n") == 5
