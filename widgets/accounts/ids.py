"""Checks ids from requests: they may be no numbers, or numbers that are too large for a database."""

from django.db.models import BigAutoField

LONGEST = len(str(BigAutoField.MAX_BIGINT))


def is_id(text: str) -> bool:
    """True if a row could have this id. Python refuses thousands of digits, and SQLite more than 64 bits."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST and int(text) <= BigAutoField.MAX_BIGINT
