"""The slug: the secret part of a widget's address."""

import re
import secrets

SLUG = re.compile(r"[A-Za-z0-9_-]{22,64}")
"""22 characters of URL-safe base64 hold at least 128 random bits."""


def new_slug() -> str:
    """A slug of 144 random bits, which nobody can guess."""
    return secrets.token_urlsafe(18)
