"""The stand-in as a program of its own: prints its url on the first line, ends on SIGINT or SIGTERM."""

import argparse
import signal
import threading
from datetime import date

from fake_mixpanel.dataset import DEFAULT_ZONE, DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME
from fake_mixpanel.fake import FakeMixpanel
from fake_mixpanel.faults import REPORT_TYPES


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m fake_mixpanel", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds each query takes")
    parser.add_argument("--hourly-limit", type=int, default=60)
    parser.add_argument("--concurrent-limit", type=int, default=5)
    parser.add_argument("--today", type=date.fromisoformat, help="stops the calendar, YYYY-MM-DD")
    parser.add_argument(
        "--project", action="append", default=[], metavar="ID[=ZONE]", help="one more project the accounts may use"
    )
    parser.add_argument("--account", action="append", default=[], metavar="NAME:SECRET", help="one more account")
    parser.add_argument("--no-plan", action="store_true", help="answer 402 to everything")
    parser.add_argument("--status", type=int, help="answer this error")
    parser.add_argument("--body", help="of that error; without it, Mixpanel's words")
    parser.add_argument("--broken", choices=REPORT_TYPES, help="answer something broken")
    parser.add_argument("--times", type=int, help="end the error or the breakage after so many calls")
    options = parser.parse_args(arguments)

    zones = {DEMO_PROJECT_ID: DEFAULT_ZONE}
    for project in options.project:
        number, _, zone = project.partition("=")
        zones[int(number)] = zone or DEFAULT_ZONE
    accounts = {DEMO_USERNAME: DEMO_SECRET}
    accounts |= (tuple(account.split(":", 1)) for account in options.account)
    standin = FakeMixpanel(
        options.port,
        host=options.host,
        accounts=accounts,
        zones=zones,
        hourly_limit=options.hourly_limit,
        concurrent_limit=options.concurrent_limit,
        today=options.today,
    )
    standin.latency = options.latency
    standin.plan_allows_api = not options.no_plan
    if options.status:
        standin.fail(options.status, options.body, times=options.times)
    if options.broken:
        standin.broken(options.broken, times=options.times)

    asked_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked_to_end.set())
    with standin:
        print(standin.url, flush=True)
        asked_to_end.wait()


if __name__ == "__main__":
    main()
