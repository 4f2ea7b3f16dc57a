"""What must hold behind any proxy; the proxies' own tests call these."""

import http.client
import re
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

from .conftest import Served
from .proxy import HOST, Proxy, get


def it_polls_over_https(proxy: Proxy, served: Served) -> None:
    connection = proxy.connect()
    answer = get(connection, served.path)
    assert (answer.status, answer.body[:5]) == (200, b"Date,")
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=31536000; includeSubDomains; preload"]
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].endswith("sandbox")
    assert answer.headers["Cache-Status"].startswith("mixcyfe; ")
    assert answer.headers["Cache-Control"].startswith("private, max-age=")
    assert "Set-Cookie" not in answer.headers
    again = get(connection, served.path, If_None_Match=answer.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    login = get(connection, "/admin/login/")
    assert login.status == 200
    assert all("Secure" in cookie for cookie in login.headers.get_all("Set-Cookie"))
    style = re.search(rb'href="(/static/[^"]+\.css)"', login.body)
    assert style
    assert get(connection, style[1].decode()).status == 200


def it_redirects_plain_http(proxy: Proxy, served: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.plain_port, timeout=10)
    answer = get(connection, "/admin/?a=b", X_Forwarded_Proto="https")
    assert answer.status in (301, 308)
    assert re.fullmatch(rf"https://{HOST}(:\d+)?/admin/\?a=b", answer.headers["Location"])


def it_sees_the_clients_own_address(proxy: Proxy, served: Served) -> None:
    """In the one place where it matters: who is locked out after wrong passwords."""
    connection = proxy.connect(source="127.0.0.9")
    login = get(connection, "/admin/login/")
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', login.body)
    assert token
    cookie = login.headers["Set-Cookie"].split(";")[0]
    connection.request(
        "POST",
        "/admin/login/",
        f"username=nobody&password=wrong&csrfmiddlewaretoken={token[1].decode()}",
        {
            "Host": f"{HOST}:{proxy.port}",
            "Origin": f"https://{HOST}:{proxy.port}",
            "Cookie": cookie,
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Forwarded-For": "6.6.6.6",
        },
    )
    answer = connection.getresponse()
    assert (answer.status, b"correct username" in answer.read()) == (200, True)
    with closing(sqlite3.connect(served.site.folder / "site.sqlite3")) as database:
        (seen,) = database.execute("SELECT ip_address FROM axes_accessattempt ORDER BY id DESC LIMIT 1")
    assert seen == ("127.0.0.9",)


def it_answers_at_once_while_a_refresh_runs_behind(proxy: Proxy, served: Served) -> None:
    connection = proxy.connect()
    assert get(connection, served.path).status == 200
    kept = connection.sock
    served.mixpanel.latency = 1.5
    half_an_hour_ago = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=30)
    with closing(sqlite3.connect(served.site.folder / "site.sqlite3", timeout=20)) as database, database:
        database.execute("UPDATE widgets_snapshot SET fetched_at = ?", [str(half_an_hour_ago)])
    calls = len(served.mixpanel.calls)
    started = time.monotonic()
    statuses = [get(connection, served.path).status for _ in range(3)]
    took = time.monotonic() - started
    served.mixpanel.latency = 0
    assert (statuses, connection.sock is kept) == ([200] * 3, True)
    assert took < 1
    assert len(served.mixpanel.calls) <= calls + 1


def it_logs_no_widgets_address(proxy: Proxy, served: Served) -> None:
    slug = served.path.removeprefix("/w/").removesuffix(".csv")
    connection = proxy.connect()
    for path in (served.path, f"/%77/{slug}.csv", f"//w/{slug}.json?x=/w/{slug}", f"/w/{slug}.svg?{slug}"):
        get(connection, path, Referer=f"https://{HOST}{served.path}")
    plain = http.client.HTTPConnection("127.0.0.1", proxy.plain_port, timeout=10)
    get(plain, served.path)
    assert slug not in proxy.logged()
