"""Reads a project's limits from the response that Mixpanel sends when a limit is reached.

The message in the body names one limit or both. Newer responses also have the headers `RateLimit-Policy` and
`RateLimit`, which are lists as in RFC 9651. The files `hourly_limit.json`, `too_many_at_once.json` and
`both_limits.json` in tests/data/errors contain real responses.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

HIGHEST_LIMIT = 100_000
WINDOW = 3600
"""The period of the hourly limit, in seconds."""

HOURLY = "project"
CONCURRENT = "project-concurrency"
"""The names of Mixpanel's two limits in the headers: queries per hour, and queries at the same time."""

_ITEM = re.compile(r'"([a-z-]{1,40})"((?:; *[a-z*][a-z0-9_.*-]*(?:=(?:"[^"]*"|[^ ;,"]*))?)*)')
_PARAMETER = re.compile(r"; *([a-z]{1,10})=([0-9]{1,9})(?=;|$)")
_RUNNING = re.compile(r"([0-9]{1,9})/([0-9]{1,9}) queries running concurrently")
_USED = re.compile(r"([0-9]{1,9})/([0-9]{1,9}) queries running in the last hour")


@dataclass(frozen=True, slots=True)
class Limits:
    """`hourly` and `concurrent`: the maximum number of queries per hour, and of queries at the same time.

    Each limit is from 1 to 100000, or None if the response does not name the limit.
    `too_many_at_once`: only the limit `concurrent` was reached.
    """

    hourly: int | None = None
    concurrent: int | None = None
    too_many_at_once: bool = False


def limits_in(words: str, headers: Mapping[str, str]) -> Limits:
    """Reads the limits in the body's message (`words`) and in the headers. If they differ, the headers are used."""
    running, concurrent = _counts(_RUNNING, words)
    used, hourly = _counts(_USED, words)
    policy, left = _items(headers.get("RateLimit-Policy")), _items(headers.get("RateLimit"))
    if policy.get(HOURLY, {}).get("w") == WINDOW:
        hourly = _limit(policy[HOURLY].get("q")) or hourly
    concurrent = _limit(policy.get(CONCURRENT, {}).get("q")) or concurrent
    if left:
        hour_is_full, too_many = (left.get(name, {}).get("r") == 0 for name in (HOURLY, CONCURRENT))
    else:
        hour_is_full, too_many = _is_reached(used, hourly), _is_reached(running, concurrent)
    return Limits(hourly, concurrent, too_many and not hour_is_full)


def _items(header: str | None) -> dict[str, dict[str, int]]:
    """Reads a header's list: the item's name → its parameters that are whole numbers."""
    return {
        name: {key: int(digits) for key, digits in _PARAMETER.findall(parameters)}
        for name, parameters in _ITEM.findall((header or "")[:1000])
    }


def _counts(pattern: re.Pattern[str], words: str) -> tuple[int | None, int | None]:
    """The number of queries and the limit, both from the message. None stands for a missing or impossible number."""
    found = pattern.search(words)
    if not found:
        return None, None
    count = int(found[1])
    return count if count <= HIGHEST_LIMIT else None, _limit(int(found[2]))


def _limit(number: int | None) -> int | None:
    return number if number is not None and 1 <= number <= HIGHEST_LIMIT else None


def _is_reached(count: int | None, limit: int | None) -> bool:
    return count is not None and limit is not None and count >= limit
