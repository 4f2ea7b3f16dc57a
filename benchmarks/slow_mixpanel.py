"""Times three requests: a poll of fresh data, the health check and the login page.

Meanwhile, Mixpanel is slow, and other clients poll widgets with stale data or no data.
"""

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tests.running.conftest import postgres_missing, redis_missing
from tests.running.site import REDIS, Site
from tests.running.slow import hammered, make_busy, slow_fake, timed

LAST_REDIS = f"{REDIS}/15"


class SetUp(NamedTuple):
    """How a site is hosted. `polls`: the number of measured requests of each kind. `sync`: gunicorn without threads."""

    name: str
    database: str = "sqlite"
    workers: int = 1
    sync: bool = False
    polls: int = 100
    settings: dict[str, str] = {}


SET_UPS = (
    SetUp("inline, 1 process of 8 threads"),
    SetUp("inline, 2 processes of 8 threads", workers=2),
    SetUp("Celery, 1 process of 8 threads", "postgres", settings={"TASKS": "celery", "BROKER_URL": LAST_REDIS}),
    SetUp("gunicorn, 1 process without threads (3 polls)", sync=True, polls=3, settings={"REFRESH_THREADS": "0"}),
)


def measure(setup: SetUp, latency: float) -> str:
    """Returns a row of the table: the slowest request of each kind, the longest poll, and the number of lost polls."""
    with ExitStack() as ended:
        folder = Path(ended.enter_context(tempfile.TemporaryDirectory()))
        fake = ended.enter_context(slow_fake())
        site = Site(folder, fake.url, setup.database, MIXPANEL_TIMEOUT="60", **setup.settings)
        ended.enter_context(site)

        def start() -> str:
            if "TASKS" in setup.settings:
                site.worker()
            return str((site.gunicorn() if setup.sync else site.web(workers=setup.workers))[0])

        base, healthy, slow = make_busy(site, start)
        fake.latency = latency
        slowest = []
        with hammered([base + path for path in slow]) as log:
            time.sleep(1)
            for path in (healthy, "/healthz", "/admin/login/"):
                polls = [timed(lambda path=path: site.session.get(base + path, timeout=90)) for _ in range(setup.polls)]
                slowest.append(max(seconds for _, seconds in polls))
        times = " | ".join(f"{seconds * 1000:,.0f} ms" for seconds in slowest)
        lost = sum(status not in (200, 503) for status, _ in log)
        longest = max((seconds for _, seconds in log), default=0)
        return f"| {setup.name} | {latency:.0f} s | {times} | {longest:.1f} s | {lost} of {len(log)} |"


def main() -> None:
    print("\n12 threads poll three projects without a pause. Per project, 7 widgets have stale data and 3 none.\n")
    print(
        "| hosted | Mixpanel takes | slowest of 100 polls of fresh data | … /healthz | … login | longest poll | lost |"
    )
    print("|---|---|---|---|---|---|---|")
    wanted = sys.argv[1:]
    for setup in SET_UPS:
        if wanted and not any(word in setup.name for word in wanted):
            continue
        if setup.database == "postgres" and (missing := postgres_missing() or redis_missing()):
            print(f"| {setup.name} | {missing} |")
            continue
        for latency in (20,) if setup.sync else (20, 60):
            print(measure(setup, latency), flush=True)


if __name__ == "__main__":
    main()
