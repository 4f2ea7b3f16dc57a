"""`make bench`: prints a table of ratios, all of one run, so that the machine's speed drops out of them.

Needs wrk (Debian's package of that name). PostgreSQL is measured when one answers at the usual place.
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
from fake_mixpanel.fake import FakeMixpanel
from tests.running.conftest import postgres_missing
from tests.running.site import ROOT, Site, eventually, free_port

SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))
WIDGET = {"title": "hot", "report": "segmentation", "events": ["Signed up"], "breakdown": "plan"}


class Load(NamedTuple):
    """Polls a second, and the slowest of a hundred in milliseconds."""

    rate: float
    p99: float
    failed: int


def wrk(url: str, *, connections: int = 8, seconds: int = SECONDS) -> Load:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", url]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return Load(rate, float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit], int(failed[1]) if failed else 0)


def serve(site: Site, app: str, *, server: str = "granian", threads: int = 1, **env: str) -> str:
    """Another WSGI application, beside the site, with one process."""
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


def row(what: str, measured: str, against: str, ratio: str) -> None:
    print(f"| {what} | {measured} | {against} | {ratio} |", flush=True)


def rate(load: Load) -> str:
    return f"{load.rate:,.0f} /s"


def times(a: float, b: float) -> str:
    return f"{a / b:.2f} ×"


def hot_polls(site: Site, path: str, base: str) -> Load:
    hot = wrk(base + path)
    bare = wrk(serve(site, "benchmarks.apps:bare"))
    row("Hot poll, against bare WSGI bytes", rate(hot), rate(bare), times(hot.rate, bare.rate))
    view = wrk(serve(site, "benchmarks.apps:django", BENCH_DJANGO="1") + path)
    row("… a Django view with all middleware and one ORM read", rate(hot), rate(view), times(hot.rate, view.rate))
    unicorn = wrk(serve(site, "mixcyfe_site.wsgi:application", server="gunicorn") + path)
    row("… itself on gunicorn", rate(hot), rate(unicorn), times(hot.rate, unicorn.rate))
    plain = wrk(serve(site, "benchmarks.apps:django", server="gunicorn", BENCH_DJANGO="1") + path)
    row("… that Django view on gunicorn", rate(hot), rate(plain), times(hot.rate, plain.rate))
    return hot


def against_asking(site: Site, standin: FakeMixpanel, hot: Load) -> None:
    standin.concurrent_limit = 1000
    for latency in (0.0, 0.3):
        standin.latency = latency
        asking = wrk(serve(site, "benchmarks.apps:asking", threads=8))
        what = f"… a connector that asks on every poll, Mixpanel taking {latency * 1000:.0f} ms"
        row(what, rate(hot), rate(asking), times(hot.rate, asking.rate))
    standin.latency = 0


def cold_poll(site: Site, standin: FakeMixpanel, base: str) -> None:
    standin.latency = 0.3
    paths = site.add(*({**WIDGET, "title": f"cold {i}", "last": i + 40} for i in range(20)))
    took = []
    for path in paths:
        started = time.perf_counter()
        assert site.session.get(base + path).status_code == 200
        took.append((time.perf_counter() - started) * 1000)
    standin.latency = 0
    median = statistics.median(took)
    row("Cold poll, less Mixpanel's 300 ms", f"{median:.0f} ms", "300 ms", f"+ {median - 300:.0f} ms")


def outage(site: Site, standin: FakeMixpanel, base: str, path: str, hot: Load) -> None:
    standin.fail(503)
    site.make_old(minutes=7 * 60)
    site.session.get(base + path)
    down = wrk(base + path)
    row("Polls through an outage of Mixpanel", rate(down), rate(hot), times(down.rate, hot.rate))
    standin.clear_faults()
    site.make_old(minutes=0)


def many_widgets(site: Site, base: str, path: str) -> None:
    few = wrk(base + path)
    site.python(
        "from widgets.models import Widget; from widgets.models.widget import new_slug\n"
        "w = Widget.objects.get(title='hot')\n"
        "def copy(i):\n"
        "    new = Widget.objects.get(pk=w.pk); new.pk = None; new.slug = new_slug(); new.title = f'copy {i}'\n"
        "    return new\n"
        "Widget.objects.bulk_create([copy(i) for i in range(10_000)], batch_size=200)"
    )
    many = wrk(base + path)
    row("10,000 widgets against 10, polls", rate(many), rate(few), times(many.rate, few.rate))
    row("… and the slowest of a hundred", f"{many.p99:.2f} ms", f"{few.p99:.2f} ms", times(many.p99, few.p99))


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


def databases(folder: Path, standin: FakeMixpanel, on_sqlite: Load) -> None:
    if missing := postgres_missing():
        print(f"\n{missing}")
        return
    (folder / "pg").mkdir()
    with Site(folder / "pg", standin.url, "postgres") as site:
        (path,) = site.add(WIDGET)
        base, _ = site.web(threads=1)
        site.session.get(base + path)
        on_postgres = wrk(base + path)
        row("PostgreSQL against SQLite", rate(on_postgres), rate(on_sqlite), times(on_postgres.rate, on_sqlite.rate))


def main() -> Any:
    if not shutil.which("wrk"):
        return "make bench needs wrk: install Debian's package wrk, or build it from its sources."
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False
    ).stdout
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, commit {commit.strip()}")
    print("One web process with one thread (granian), wrk with 8 connections on the same machine.\n")
    print("| what | measured | against | ratio |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name, FakeMixpanel(hourly_limit=10**9) as standin:
        folder = Path(name)
        with Site(folder, standin.url) as site:
            (path,) = site.add(WIDGET, hourly_limit=100_000)
            base, process = site.web(threads=1)
            assert site.session.get(base + path).status_code == 200
            hot = hot_polls(site, path, base)
            against_asking(site, standin, hot)
            cold_poll(site, standin, base)
            outage(site, standin, base, path, hot)
            many_widgets(site, base, path)
            memory(process, base + path)
        databases(folder, standin, hot)
    slow_mixpanel.main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
