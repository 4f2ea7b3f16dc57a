"""`python -m benchmarks.steadily URL` polls 100 times per second for ten seconds, and prints the 99th percentile.

The benchmark runs this module in a separate process, because the fake Mixpanel slows down the benchmark's own process.
The module uses a bare HTTP client, because `requests` would add its own time to each poll.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import chain
from urllib.parse import urlsplit

POLLS, PER_SECOND, CONNECTIONS = 1000, 100, 8


def slowest(url: str) -> float:
    """Returns the 99th percentile of the polls' times, in ms. The time of each poll counts from its planned start."""
    address = urlsplit(url)
    links = [HTTPConnection(address.netloc, timeout=30) for _ in range(CONNECTIONS)]

    def poll(link: HTTPConnection) -> None:
        link.request("GET", address.path)
        answer = link.getresponse()
        if not answer.read() or answer.status != 200:
            raise SystemExit(f"a poll was answered with {answer.status}")

    def poll_in_turn(number: int) -> list[float]:
        poll(links[number])
        took = []
        for turn in range(number, POLLS, CONNECTIONS):
            due = began + turn / PER_SECOND
            time.sleep(max(0, due - time.perf_counter()))
            poll(links[number])
            took.append((time.perf_counter() - due) * 1000)
        return took

    began = time.perf_counter() + 1
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        took = sorted(chain.from_iterable(pool.map(poll_in_turn, range(CONNECTIONS))))
    return took[len(took) * 99 // 100 - 1]


if __name__ == "__main__":
    print(f"{slowest(sys.argv[1]):.1f}")
