"""The tests of every proxy, and checks for the tests of nginx and Caddy."""

import http.client
import re
import time

from tests.deploy.conftest import THREADS, Served
from tests.deploy.proxy import HOST, Proxy, get
from tests.running.doctor import doctor

FORGED_ID = {"X-Request-ID": "chosen-by-a-visitor"}


class Behind:
    """A module with the fixture `proxy` makes a subclass, and so has these tests."""

    def test_it_polls_over_https(self, proxy: Proxy, served: Served) -> None:
        connection = proxy.connect()
        answer = get(connection, served.path)
        assert (answer.status, answer.body[:5]) == (200, b"Date,")
        assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=86400"]
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["Content-Security-Policy"].endswith("sandbox")
        assert answer.headers["Cache-Status"].startswith("mixcyfe; ")
        assert answer.headers["Cache-Control"].startswith("private, max-age=")
        assert "Set-Cookie" not in answer.headers
        again = get(connection, served.path, If_None_Match=answer.headers["ETag"])
        assert (again.status, again.body) == (304, b"")
        assert again.headers.get_all("Strict-Transport-Security") == ["max-age=86400"]
        login = get(connection, "/admin/login/")
        assert login.status == 200
        assert login.headers.get_all("Strict-Transport-Security") == ["max-age=86400"]
        assert all("Secure" in cookie for cookie in login.headers.get_all("Set-Cookie"))
        style = re.search(rb'href="(/static/[^"]+\.css)"', login.body)
        assert style
        assert get(connection, style[1].decode()).status == 200

    def test_it_redirects_plain_http(self, proxy: Proxy, served: Served) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", proxy.plain_port, timeout=60)
        answer = get(connection, "/admin/?a=b", X_Forwarded_Proto="https")
        assert answer.status in (301, 308)
        assert re.fullmatch(rf"https://{HOST}(:\d+)?/admin/\?a=b", answer.headers["Location"])

    def test_it_sees_the_clients_own_address(self, proxy: Proxy, served: Served) -> None:
        """MixCyfe records failed logins under the client's IP address, even if the client sends forged headers."""
        # A WSGI server uses the last of these equal headers. Their order depends on other headers.
        names = ("X-Forwarded-For", "X_Forwarded_For", "X-Forwarded_For", "X_Forwarded-For")
        forged = {name: f"6.6.6.{i}" for i, name in enumerate(names)}
        for others in range(6):
            connection = proxy.connect(source="127.0.0.9")
            headers = forged | {f"Z-{i}": "z" for i in range(others)}
            body = f"username=nobody{others}&password=wrong&csrfmiddlewaretoken={{}}"
            answer = post_login(proxy, connection, body, **headers)
            assert (answer.status, b"correct username" in answer.read()) == (200, True)
        seen = served.site.sql("SELECT DISTINCT ip_address FROM axes_accessattempt WHERE username LIKE 'nobody%'")
        assert seen == [("127.0.0.9",)]

    def test_it_answers_at_once_while_a_refresh_runs_in_the_background(self, proxy: Proxy, served: Served) -> None:
        connection = proxy.connect()
        assert get(connection, served.path).status == 200
        kept = connection.sock
        served.mixpanel.latency = 1.5
        served.site.make_old(minutes=30)
        calls = len(served.mixpanel.calls)
        started = time.monotonic()
        statuses = [get(connection, served.path).status for _ in range(3)]
        took = time.monotonic() - started
        served.mixpanel.latency = 0
        assert (statuses, connection.sock is kept) == ([200] * 3, True)
        assert took < 1
        assert len(served.mixpanel.calls) <= calls + 1

    def test_it_answers_polls_while_bodies_come_slowly(self, proxy: Proxy, served: Served) -> None:
        """More clients send slow requests than the server has threads."""
        poll = proxy.connect()
        assert get(poll, served.path).status == 200
        _, headers = login_form(proxy, poll)
        slow = [proxy.connect(source=f"127.0.1.{i}") for i in range(3 * THREADS)]
        try:
            for connection in slow:
                connection.putrequest("POST", "/admin/login/", skip_host=True)
                for name, value in (headers | {"Content-Length": "1000"}).items():
                    connection.putheader(name, value)
                connection.endheaders(b"username=")
            time.sleep(1)
            for connection in slow:
                connection.send(b"a")
            took = []
            for _ in range(20):
                started = time.monotonic()
                assert get(poll, served.path).status == 200
                took.append(time.monotonic() - started)
        finally:
            for connection in slow:
                connection.close()
        assert max(took) < 2

    def test_it_satisfies_the_doctor(self, proxy: Proxy, served: Served) -> None:
        said = doctor(served.site, REQUESTS_CA_BUNDLE=str(proxy.certificate))
        assert said.fixes == []
        assert said.has(
            "ok  proxy: MixCyfe believes the proxy's headers, and the proxy replaces forged headers of visitors."
        )


def post_login(
    proxy: Proxy, connection: http.client.HTTPConnection, body: str, **headers: str
) -> http.client.HTTPResponse:
    """Posts the login form as a browser does, with the form's CSRF token in place of `{}` in the body."""
    token, given = login_form(proxy, connection)
    connection.request("POST", "/admin/login/", body.format(token), given | headers)
    return connection.getresponse()


def login_form(proxy: Proxy, connection: http.client.HTTPConnection) -> tuple[str, dict[str, str]]:
    """Returns the form's CSRF token, and the headers that Django requires before it reads a body."""
    login = get(connection, "/admin/login/")
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', login.body)
    assert token
    return token[1].decode(), {
        "Host": f"{HOST}:{proxy.port}",
        "Origin": f"https://{HOST}:{proxy.port}",
        "Cookie": login.headers["Set-Cookie"].split(";")[0],
        "Content-Type": "application/x-www-form-urlencoded",
    }


def it_logs_no_key(proxy: Proxy, served: Served, status: int | None = None) -> None:
    """No widget's address and no invitation's link, neither as the request nor as the referrer."""
    slug = served.path.removeprefix("/w/").removesuffix(".csv")
    token = f"{slug}-invitation"
    connection = proxy.connect()
    paths = [
        served.path,
        f"/%77/{slug}.csv",
        f"/w%2F{slug}.csv",
        f"//w/{slug}.json?x=/w/{slug}",
        f"/w/{slug}?{slug}",
        f"/;/w/{slug}.csv",
        f"/W/{slug}.csv",
        f"/{slug}",
    ]
    paths += [f"/welcome/MQ/{token}/", f"/%77elcome/MQ/{token}/?{token}", f"/admin/?next=/welcome/MQ/{token}/"]
    for path in paths:
        for referer in (served.path, f"/welcome/MQ/{token}/"):
            answer = get(connection, path, Referer=f"https://{HOST}{referer}")
            assert status in (None, answer.status)
    plain = http.client.HTTPConnection("127.0.0.1", proxy.plain_port, timeout=60)
    for path in paths:
        get(plain, path)
    assert slug not in proxy.logged()


def it_gives_each_request_an_id(proxy: Proxy, served: Served) -> str:
    """No visitor can choose the id. Returns the id, to compare with the proxy's log."""
    answer = post_login(proxy, proxy.connect(), "username=one-id&password=wrong&csrfmiddlewaretoken={}", **FORGED_ID)
    shown = answer.headers["X-Request-ID"]
    assert re.fullmatch("[0-9a-f-]{32,36}", shown)
    assert f'name="one-id" request={shown}\n' in served.site.logs()
    assert "X-Request-ID" not in get(proxy.connect(), served.path, **FORGED_ID).headers
    return shown
