"""The kinds of errors in which a query to Mixpanel can end. The database stores these words."""

from enum import StrEnum


class ErrorKind(StrEnum):
    CREDENTIALS = "credentials"
    PLAN = "plan"
    LIMIT = "limit"
    QUERY = "query"
    TIMEZONE = "timezone"
    UNAVAILABLE = "unavailable"
    UNREADABLE = "unreadable"
    """Mixpanel answered, but MixCyfe could not read a report in the answer."""
