"""Query is the checked request from which an endpoint computes its answer. Refused is the exception for errors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from fake_mixpanel import counts
from fake_mixpanel.buckets import buckets, days_between
from fake_mixpanel.conditions import Where, of_expression
from fake_mixpanel.dataset import Event

LONGEST_RANGE = timedelta(days=3660)


class Refused(Exception):
    """Raised to answer a call with an error: an HTTP status, Mixpanel's message, and headers."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


def unacceptable(words: str) -> Refused:
    """Returns the error that Mixpanel sends for a mistake in an Insights query."""
    return Refused(400, f"UserVisibleParamsError: {words}")


@dataclass(frozen=True, slots=True)
class Query:
    """A checked request. `now` is the current time in the project's time zone, and `body` is the JSON of a POST.

    The methods raise Refused if a parameter that they need is missing or malformed.
    """

    project_id: int
    now: datetime
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def where(self) -> Where:
        return of_expression(self.params.get("where", ""))

    def text(self, name: str, default: str | None = None) -> str:
        value = self.params.get(name) or default
        if value is None:
            raise Refused(400, f"{name} is a required parameter")
        return value

    def number(self, name: str, default: int | None = None) -> int:
        try:
            return int(self.text(name, None if default is None else str(default)))
        except ValueError:
            raise Refused(400, f"{name} must be an integer, not {self.params[name]!r}") from None

    def days(self) -> list[date]:
        """Returns all days from `from_date` to `to_date`. Raises Refused for wrong, future or too many dates."""
        try:
            first, last = (date.fromisoformat(self.text(name)) for name in ("from_date", "to_date"))
        except ValueError as error:
            raise Refused(400, f"from_date and to_date must have the form yyyy-mm-dd: {error}") from None
        if last > self.today:
            raise Refused(400, "to_date cannot be later than today")
        if first > last or last - first > LONGEST_RANGE:
            raise Refused(400, f"to_date must be from 0 to {LONGEST_RANGE.days} days after from_date")
        return days_between(first, last)

    def buckets(self) -> dict[date, list[date]]:
        """Groups the request's days by the parameter `unit`. Without `unit`, each group has `interval` days."""
        interval = self.number("interval", 1)
        return buckets(self.days(), self.text("unit", "day"), 1 if "unit" in self.params else interval)

    def daily(self, event: Event, days: Iterable[date], where: Where = ()) -> counts.Daily:
        """Returns the count of the event on each day. Days without events are left out, as at Mixpanel."""
        daily = {day: counts.event_count(event, day, self.today, self.project_id, where) for day in days}
        return {day: number for day, number in daily.items() if number}

    def stamp(self, day: date, hour: int = 0) -> str:
        return datetime.combine(day, time(hour), self.now.tzinfo).isoformat()

    def timing(self, days: list[date]) -> dict[str, Any]:
        """Returns the time of the computation and the range of dates in the form of an Insights answer."""
        end = datetime.combine(days[-1], time(23, 59, 59, 999_000), self.now.tzinfo)
        return {
            "computed_at": self.now.astimezone(UTC).isoformat(),
            "date_range": {"from_date": self.stamp(days[0]), "to_date": end.isoformat()},
        }
