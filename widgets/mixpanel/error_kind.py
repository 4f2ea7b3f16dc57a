"""The kinds of error that a query to Mixpanel can end with, as they are stored."""

from enum import StrEnum


class ErrorKind(StrEnum):
    CREDENTIALS = "credentials"
    PLAN = "plan"
    LIMIT = "limit"
    QUERY = "query"
    TIMEZONE = "timezone"
    UNAVAILABLE = "unavailable"
    UNREADABLE = "unreadable"
    """Mixpanel answered, and a report could not read it."""
