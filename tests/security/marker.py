"""A secret that is easy to find in a text, and the forms in which a program could write it."""

import json
from base64 import b64encode, urlsafe_b64encode
from html import escape
from urllib.parse import quote, quote_plus

SECRET = 'mArK3r/s&cr"et+Zq7'
USERNAME = "mArK3r.account"

BY_METHOD = {
    "service_account": {"auth": "service_account", "username": USERNAME, "project_id": 2526451},
    "project_secret": {"auth": "project_secret", "username": "", "project_id": 2526451},
}


def pair(auth: str) -> str:
    return f"{USERNAME}:{SECRET}" if auth == "service_account" else f"{SECRET}:"


def spellings() -> list[str]:
    """The forms of the secret: plain, quoted, escaped and encoded, alone and as in the Authorization header."""
    texts = {SECRET}
    for text in (SECRET, *map(pair, BY_METHOD)):
        for encode in (b64encode, urlsafe_b64encode):
            # The last base64 character and the padding depend on the text after the secret, so they are cut off.
            texts.add(encode(text.encode()).decode().rstrip("=")[:-1])
    writers = (str, quote, quote_plus, lambda text: quote(text, safe=""), escape, lambda text: json.dumps(text)[1:-1])
    return sorted({write(text) for text in texts for write in writers} | {repr(SECRET)[1:-1]})


def found_in(text: str | bytes) -> list[str]:
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    return [spelling for spelling in spellings() if spelling in text]
