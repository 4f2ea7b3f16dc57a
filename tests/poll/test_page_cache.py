"""Polls that are answered from the page cache: the bytes are the same as without the cache, also after a change."""

import pytest

from tests.poll.cached_site import PROMISED, WIDGET, filled, on_both, run
from tests.running.conftest import fake, host
from tests.running.site import Site

__all__ = ["fake", "filled", "host"]
pytestmark = pytest.mark.slow


@on_both
def test_page_cache_database_and_django_give_the_same_bytes_at_any_moment(filled: Site) -> None:
    said = run(
        filled,
        """
until_kept()
formats = [path, path.replace("csv", "json"), path.replace("csv", "plain.csv")]
for each in formats[1:]:
    until_kept(each)
due = Snapshot.objects.get().due_at
Snapshot.objects.update(lease_until=due + timedelta(days=1))  # no refresh between the three ways
etag = dict(poll(path).headers)["ETag"]
tags = ["", etag, f"W/{etag}", f'"other", {etag}', "*", '"other"', "x\\ty", etag.upper()]
start = datetime.now(UTC)
moments = [start + timedelta(seconds=s) for s in (0, 0.3, 1, 1.999999, 600, 3500)]
different = kept = 0
for path in formats:
    for at in [*moments, due - timedelta(microseconds=1), due - timedelta(seconds=1), due, due + timedelta(seconds=1)]:
        Widget.objects.update(last_polled_at=at - timedelta(minutes=1))
        for tag in tags:
            for method in ("GET", "HEAD"):
                three = polled_the_three_ways(path, at, method=method, HTTP_IF_NONE_MATCH=tag)
                different += len({str(way.answer) for way in three}) != 1
                kept += at < due and three[1].statements == 0
                assert three[0].statements, "it was read"
print(different, kept)
assert {way.status for way in three} == {"200 OK"}
""",
    )
    different, kept = map(int, said[0].split())
    # The maximum is 3 formats x 8 moments before the data is stale x 8 ETags x 2 methods. On a busy machine, a process
    # can fail to prove in time that its pages are up to date, so some polls read the database.
    assert (different, 300 < kept <= 3 * 8 * 8 * 2) == (0, True)


def test_the_seconds_are_right_when_the_clock_jumps(filled: Site) -> None:
    run(
        filled,
        """
until_kept()
due = Snapshot.objects.get().due_at
for seconds in (5, 4.5, 4, 100, 1, 50):
    with time_machine.travel(due - timedelta(seconds=seconds), tick=False):
        Widget.objects.update(last_polled_at=datetime.now(UTC))
        for _ in range(3):
            headers = dict(poll(path).headers)
            assert headers["Cache-Control"] == f"private, max-age={int(seconds)}", headers
            assert headers["Cache-Status"] == f"mixcyfe; hit; ttl={int(seconds)}", headers
""",
    )


@on_both
def test_an_address_without_a_widget_costs_one_statement_and_is_answered_as_by_django(filled: Site) -> None:
    run(
        filled,
        """
until_kept()
paused = Widget.objects.create(project=widget.project, title="paused", report="events", events=["a"], active=False)
replaced = widget.slug
widget.replace_slug()
answers = set()
for slug in ("x" * 24, paused.slug, replaced):
    for method in ("GET", "HEAD"):
        for _ in range(2):
            fast = poll(f"/w/{slug}.csv", method=method)
            assert fast.statements == 1, fast
            assert fast.answer == poll(f"/w/{slug}.csv", fast_path.django, method=method).answer
            answers.add(str((method, fast.answer)))
assert len(answers) == 2
""",
    )


@on_both
def test_it_answers_no_request_that_django_would_refuse_or_redirect(filled: Site) -> None:
    filled.env |= {"SITE_URL": "https://127.0.0.1", "TRUST_PROXY": "on", "HSTS_SECONDS": "60"}
    run(
        filled,
        """
https = {"HTTP_X_FORWARDED_PROTO": "https"}
poll(path, **https)
eventually(lambda: poll(path, **https).statements == 0)
assert dict(poll(path, **https).headers)["Strict-Transport-Security"] == "max-age=60"
odd = {
    "a scheme": {}, "http": {"HTTP_X_FORWARDED_PROTO": "http"}, "two": {"HTTP_X_FORWARDED_PROTO": "https,http"},
    "host": https | {"HTTP_HOST": "evil.example"}, "no host": https | {"HTTP_HOST": ""},
    "port": https | {"HTTP_HOST": "127.0.0.1:x"}, "user": https | {"HTTP_HOST": "a@127.0.0.1"},
    "post": https | {"method": "POST"}, "options": https | {"method": "OPTIONS"},
    "body": https | {"CONTENT_LENGTH": "7"}, "query": https | {"QUERY_STRING": "a=%0d%0aSet-Cookie:x"},
    "cookie": https | {"HTTP_COOKIE": "sessionid=x"}, "dot": https | {"HTTP_HOST": "127.0.0.1."},
}
now = datetime.now(UTC)
statuses = {}
for name, environ in odd.items():
    with time_machine.travel(now, tick=False):
        ours, django = poll(path, **environ), poll(path, fast_path.django, **environ)
    assert ours.answer == django.answer, (name, ours, django)
    assert "evil" not in str(ours) and "Set-Cookie" not in str(ours)
    statuses[name] = ours.status[:3]
print(statuses)
assert [statuses[name] for name in ("a scheme", "http", "host", "post", "query")] == ["301", "301", "400", "405", "200"]
for address in (path + "/", path.upper(), path + "%00", path + "\\n", path.replace("csv", "CSV"), "/" + path):
    assert poll(address, **https).status[:3] == "404", address
""",
    )


@on_both
def test_it_still_stores_the_time_of_a_poll_every_hour(filled: Site) -> None:
    run(
        filled,
        """
until_kept()
start = datetime.now(UTC)
Widget.objects.update(last_polled_at=start)
for minutes, noted in ((1, False), (59, False), (60, True), (100, False), (121, True)):
    with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
        poll(path), poll(path), poll(path)
        now = datetime.now(UTC)
        assert (Widget.objects.get().last_polled_at == now) == noted, minutes
""",
    )


@on_both
def test_each_change_shows_in_the_next_poll(filled: Site) -> None:
    """Makes each change on a new database connection."""
    run(
        filled,
        f"""
import time
from concurrent.futures import ThreadPoolExecutor
until_kept()
changes = [
    "widget = Widget.objects.get(); widget.title = 'hot'; widget.colors = ['#123456']; widget.save()",
    "Snapshot.objects.update(error='broken')",
    "Snapshot.objects.update(error='')",
    "Project.objects.update(full_until=datetime.now(UTC) + timedelta(hours=1))",
    "Project.objects.update(full_until=None)",
    "Project.objects.update(secret='')",
    "Snapshot.objects.update(due_at=datetime.now(UTC), retry_at=None)",
    "Rendering.objects.update(problem='odd')",
    "Rendering.objects.all().delete()",
    "Widget.objects.update(active=False)",
    "Widget.objects.update(active=True)",
    "Widget.objects.get().delete()",
]
for change in changes:
    poll(path), poll(path)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(exec, change, globals()).result()
        pool.submit(connection.close)
    time.sleep({PROMISED} * (connection.vendor == "postgresql"))
    after = poll(path)
    for _ in range(3):
        assert poll(path).answer[2] == poll(path, fast_path.django).answer[2]
    assert after.statements, change
""",
    )


def test_pages_are_bounded_in_bytes_and_the_least_used_goes_first(filled: Site) -> None:
    filled.add(*({**WIDGET, "title": f"w{n}", "last": n + 1} for n in range(10)))
    run(
        filled,
        """
from widgets.poll import page_cache
until_kept()
page_cache.MAX_BYTES, page_cache.KEPT_WHEN_FULL = 4 * fast_path.pages._bytes + 2000, 1
paths = [f"/w/{slug}.csv" for slug in Widget.objects.exclude(title="hot").values_list("slug", flat=True)]
for other in paths:
    poll(other), poll(other), poll(other), poll(path)
    assert fast_path.pages._bytes <= page_cache.MAX_BYTES
    assert fast_path.pages._bytes == sum(page.size for page in fast_path.pages._pages.values())
assert poll(path).statements == 0, "it is used most"
assert poll(paths[-1]).statements == 0
assert poll(paths[0]).statements == 1

# Polled in turn, they don't push each other out.
page_cache.KEPT_WHEN_FULL = 1 / 16
hits = [poll(each).statements == 0 for _ in range(100) for each in paths]
assert sum(hits) > 150, sum(hits)
assert fast_path.pages._bytes <= page_cache.MAX_BYTES
""",
    )
