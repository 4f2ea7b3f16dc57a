"""The slug: the secret part of a widget's address."""

import re
import secrets

SLUG = re.compile(r"[A-Za-z0-9_-]{22,64}")
"""A slug has at least 22 characters of URL-safe base64, which hold 128 random bits or more."""


def new_slug() -> str:
    """A new slug of 144 random bits.

    Nobody can guess the slug, so only people and programs that got the widget's address can read its numbers.
    """
    return secrets.token_urlsafe(18)
