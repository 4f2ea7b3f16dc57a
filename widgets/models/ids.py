"""Checks that a text from a request can be the id of a database row."""

from django.db.models import BigAutoField

LONGEST = len(str(BigAutoField.MAX_BIGINT))


def is_id(text: str) -> bool:
    """True if the text is a whole number that fits into 64 bits. Larger numbers cause errors in Python or SQLite."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST and int(text) <= BigAutoField.MAX_BIGINT
