"""Prints the table of `make bench`.

Each run measures both numbers of a ratio, so the ratios hardly depend on the machine.
Needs the program wrk (Debian's package wrk). Measures PostgreSQL too if a server answers at 127.0.0.1:5432.
"""

import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import requests

from benchmarks import slow_mixpanel
from benchmarks.beside import WIDGET, committing, refreshing
from fake_mixpanel.fake import FakeMixpanel
from tests.apart import APART
from tests.running.conftest import postgres_missing
from tests.running.site import ROOT, Site, eventually, free_port

SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))
SITE, LIMITED = "mixcyfe_site.wsgi:application", "benchmarks.apps:limited"


class Load(NamedTuple):
    """`rate`: polls per second. `p99`: the 99th percentile of their times, in ms. `failed`: number of failed polls."""

    rate: float
    p99: float
    failed: int


def wrk(url: str, *, seconds: int = SECONDS, script: Path | None = None) -> Load:
    command = ["wrk", "-t1", "-c8", f"-d{seconds}", "--latency", url]
    command[1:1] = ["-s", str(script)] if script else []
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return Load(rate, float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit], int(failed[1]) if failed else 0)


def serve(site: Site, app: str, *, server: str = "granian", threads: int = 1, **env: str) -> str:
    """Starts a WSGI application in one process, with the site's settings. Returns its address."""
    port = free_port()
    commands = {
        "granian": ["granian", "--interface=wsgi", f"--port={port}", f"--blocking-threads={threads}", app],
        "gunicorn": ["gunicorn", "-b", f"127.0.0.1:{port}", "-w1", "-k", "gthread", f"--threads={threads}", app],
    }
    before = dict(site.env)
    site.env |= env
    site.start([sys.executable, "-m", *commands[server]], f"{server}-{port}.log")
    site.env = before
    base = f"http://127.0.0.1:{port}"
    eventually(lambda: listens(base))
    return base


def listens(base: str) -> bool:
    try:
        requests.get(base, timeout=5)
    except requests.ConnectionError:
        return False
    return True


def row(title: str, measured: str, against: str, ratio: str) -> None:
    print(f"| {title} | {measured} | {against} | {ratio} |", flush=True)


def rate(load: Load) -> str:
    return f"{load.rate:,.0f} /s"


def times(a: float, b: float) -> str:
    return f"{a / b:.2f} ×"


EVENLY = """
local paths, at = {}, 0
for path in io.lines("%s") do paths[#paths + 1] = path end
request = function() at = at %% #paths + 1; return wrk.format("GET", paths[at]) end
"""
"""A Lua script for wrk that polls all addresses in a file, one after the other."""


def slowest_at_100(url: str, title: str) -> None:
    """Polls 100 times per second, and prints the 99th percentile of the polls' times."""
    command = [sys.executable, "-m", "benchmarks.steadily", url]
    took = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()
    row(f"The slowest of a hundred at 100 polls per second{title}", f"{took} ms", "5 ms", "")


def hot_polls(site: Site, path: str, base: str) -> Load:
    bare, unicorn_bare = (serve(site, "benchmarks.apps:bare", server=name) for name in ("granian", "gunicorn"))
    unicorn = serve(site, SITE, server="gunicorn")
    hot = in_turn("Poll of fresh data, against bare WSGI bytes", base + path, bare)
    in_turn("… both on gunicorn", unicorn + path, unicorn_bare)
    view = wrk(serve(site, "benchmarks.apps:django", BENCH_DJANGO="1") + path)
    row("… a Django view with all middleware and one ORM read", rate(hot), rate(view), times(hot.rate, view.rate))
    plain = wrk(serve(site, "benchmarks.apps:django", server="gunicorn", BENCH_DJANGO="1") + path)
    gunicorn = wrk(unicorn + path)
    row("… the same Django view, both on gunicorn", rate(gunicorn), rate(plain), times(gunicorn.rate, plain.rate))
    in_turn("… MixCyfe itself without the page cache", base + path, serve(site, LIMITED, BENCH_PAGES="0") + path)
    return hot


def in_turn(title: str, url: str, other: str, script: Path | None = None) -> Load:
    """Measures both addresses in turn, three times, because the machine's load changes. Prints the median ratio."""
    pairs = []
    for url_ in (url, other):
        wrk(url_, seconds=1, script=script)
    for _ in range(3):
        pairs.append((wrk(url, script=script), wrk(other, script=script)))
    pairs.sort(key=lambda pair: pair[0].rate / pair[1].rate)
    ours, others = pairs[1]
    row(title, rate(ours), rate(others), times(ours.rate, others.rate))
    return ours


def against_asking(site: Site, fake: FakeMixpanel, hot: Load) -> None:
    fake.concurrent_limit = 1000
    for latency in (0.0, 0.3):
        fake.latency = latency
        asking = wrk(serve(site, "benchmarks.apps:asking", threads=8))
        title = f"… a connector that queries Mixpanel on every poll, in {latency * 1000:.0f} ms"
        row(title, rate(hot), rate(asking), times(hot.rate, asking.rate))
    fake.latency = 0


def cold_poll(site: Site, fake: FakeMixpanel, base: str) -> None:
    fake.latency = 0.3
    # Without APART, the first poll would also refresh the other widgets.
    cold = {"report": "events", "events": ["Signed up"], **APART}
    paths = site.add(*({**cold, "title": f"cold {i}", "last": i + 40} for i in range(20)))
    took = []
    for path in paths:
        started = time.perf_counter()
        assert site.session.get(base + path).status_code == 200
        took.append((time.perf_counter() - started) * 1000)
    fake.latency = 0
    median = statistics.median(took)
    row("First poll of a widget, less Mixpanel's 300 ms", f"{median:.0f} ms", "300 ms", f"+ {median - 300:.0f} ms")


def outage(site: Site, fake: FakeMixpanel, base: str, path: str, hot: Load) -> None:
    fake.fail(503)
    site.make_old(minutes=7 * 60)
    site.session.get(base + path)
    down = wrk(base + path)
    slowest_at_100(base + path, ", during an outage")
    row("Polls during an outage of Mixpanel", rate(down), rate(hot), times(down.rate, hot.rate))
    fake.clear_faults()
    site.make_old(minutes=0)


def many_widgets(site: Site, base: str, path: str, *, read: str) -> None:
    """Compares polls of 10,000 widgets at two servers. The server at `read` reads the database on every poll."""
    site.python(
        "from copy import copy\n"
        "from widgets.models import Rendering, Widget; from widgets.models.slug import new_slug\n"
        "w = Widget.objects.get(title='hot'); r = Rendering.objects.get(widget=w, format='csv')\n"
        "def copied(i):\n"
        "    new = copy(w); new.pk = None; new.slug = new_slug(); new.title = f'copy {i}'\n"
        "    return new\n"
        "new = Widget.objects.bulk_create([copied(i) for i in range(10_000)], batch_size=200)\n"
        "kept = dict(format='csv', source_version=r.source_version, etag=r.etag, body=r.body)\n"
        "Rendering.objects.bulk_create([Rendering(widget=n, **kept) for n in new], batch_size=200)"
    )
    paths = site.folder / "paths.txt"
    slugs = [slug for (slug,) in site.sql("SELECT slug FROM widgets_widget WHERE title LIKE ?", "copy%")]
    paths.write_text("".join(f"/w/{slug}.csv\n" for slug in slugs))
    script = site.folder / "evenly.lua"
    script.write_text(EVENLY % paths)
    in_turn("10,000 widgets polled evenly, against one SQL statement per poll", base, read, script)
    small = serve(site, LIMITED, BENCH_PAGES="3_000_000")
    in_turn("… with a page cache for a tenth of them", small, read, script)
    with committing(site):
        in_turn("… while another process commits ten times per second", base, read, script)
        in_turn("… one of these widgets, while that process commits", base + path, read + path)


def memory(process: "subprocess.Popen[bytes]", url: str) -> None:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    pids = [int(pid) for pid in children.read_text().split()] or [process.pid]

    def megabytes() -> float:
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    wrk(url, seconds=2)
    before, polls = megabytes(), 0.0
    while polls < 100_000:
        load = wrk(url)
        polls += load.rate * SECONDS
    row(f"Memory of a web process after {polls:,.0f} polls", f"{megabytes():.1f} MB", f"{before:.1f} MB", "")


def on_postgres(folder: Path, fake: FakeMixpanel) -> None:
    if missing := postgres_missing():
        print(f"\n{missing}")
        return
    (folder / "pg").mkdir()
    with Site(folder / "pg", fake.url, "postgres") as site:
        (path,) = site.add(WIDGET)
        base, _ = site.web(threads=1)
        for _ in range(3):
            site.session.get(base + path)
        bare, unicorn_bare = (serve(site, "benchmarks.apps:bare", server=name) for name in ("granian", "gunicorn"))
        in_turn("On PostgreSQL: poll of fresh data, against bare WSGI bytes", base + path, bare)
        in_turn("… both on gunicorn", serve(site, SITE, server="gunicorn") + path, unicorn_bare)
        read = serve(site, LIMITED, BENCH_PAGES="0")
        in_turn("… MixCyfe itself without the page cache", base + path, read + path)
        many_widgets(site, base, path, read=read)


def main() -> Any:
    if not shutil.which("wrk"):
        return "make bench needs wrk: install Debian's package wrk, or build it from its sources."
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False
    ).stdout
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, commit {commit.strip()}")
    print("One web process with one thread (granian), wrk with 8 connections on the same machine.\n")
    print("| what | measured | against | ratio |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name, FakeMixpanel(hourly_limit=10**9) as fake:
        folder = Path(name)
        with Site(folder, fake.url) as site:
            (path,) = site.add(WIDGET, hourly_limit=100_000)
            base, process = site.web(threads=1)
            assert site.session.get(base + path).status_code == 200
            hot = hot_polls(site, path, base)
            against_asking(site, fake, hot)
            cold_poll(site, fake, base)
            slowest_at_100(base + path, "")
            fake.latency = 0.3
            with refreshing(site, base, every=1, at_once=1):
                slowest_at_100(base + path, ", while one query per second refreshes other widgets")
            with refreshing(site, base, every=0.2, at_once=20):
                slowest_at_100(base + path, ", while all refresh threads are busy")
            fake.latency = 0
            outage(site, fake, base, path, hot)
            many_widgets(site, base, path, read=serve(site, LIMITED, BENCH_PAGES="0"))
            memory(process, base + path)
        on_postgres(folder, fake)
    slow_mixpanel.main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
