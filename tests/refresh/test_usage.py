"""The usage of the hour: when the next query can start."""

from datetime import UTC, datetime, timedelta

from widgets.refresh.quota import COUNTED_FOR
from widgets.refresh.usage import next_free


def test_the_next_query_can_start_when_fewer_than_the_limit_count() -> None:
    starts = [datetime(2026, 11, 18, 20, minute, tzinfo=UTC) for minute in (0, 10, 20)]
    assert [next_free(starts, limit) for limit in (4, 3, 2, 1)] == [
        None,
        *(starts[0] + timedelta(minutes=10 * place) + COUNTED_FOR for place in range(3)),
    ]
