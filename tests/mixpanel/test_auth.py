import html
import json
import re
import time
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import examples
from tests.mixpanel.conftest import SECRET, USERNAME
from widgets.mixpanel.auth import ProjectSecret, ServiceAccount

WRITERS = {
    "plain": str,
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded, small letters": lambda text: re.sub("%..", lambda hit: hit[0].lower(), quote(text, safe="")),
    "a form's": quote_plus,
    "every byte percent-encoded": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON with Unicode": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "PHP's JSON": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "HTML": html.escape,
    "Python's repr": lambda text: repr(text)[1:-1],
    "Python's repr of bytes": lambda text: repr(text.encode())[2:-1],
    "base64": lambda text: b64encode(text.encode()).decode(),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_it_hides_a_secret_however_it_is_written(write):
    auth = ServiceAccount(USERNAME, SECRET)
    written = write(SECRET).rstrip("=") if write is WRITERS["base64"] else write(SECRET)
    assert auth.redact(f"no such user: {written}, sorry") == "no such user: [hidden], sorry"


@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
@pytest.mark.parametrize(("auth", "pair"), [
    (ServiceAccount(USERNAME, SECRET), f"{USERNAME}:{SECRET}"),
    (ProjectSecret(SECRET), f"{SECRET}:"),
])  # fmt: skip
def test_it_hides_the_token_of_the_header(auth, pair, encode):
    token = encode(pair.encode()).decode()
    for written in (token, quote(token, safe=""), json.dumps(token)):
        assert token.rstrip("=") not in auth.redact(f"Authorization: Basic {written}")
        assert quote(token.rstrip("="), safe="") not in auth.redact(f"Authorization: Basic {written}")


def test_it_hides_a_user_name_unless_it_is_very_short():
    assert ServiceAccount(USERNAME, "x1y2").redact(f"{USERNAME} may not") == "[hidden] may not"
    assert ServiceAccount("may", "x1y2").redact("you may not") == "you may not"


def test_it_leaves_other_texts_alone():
    text = "Unable to authenticate request: 100% \\ wrong & so on"
    assert ServiceAccount(USERNAME, SECRET).redact(text) == text
    assert ProjectSecret("").redact(text) == text


letters = st.characters(blacklist_characters="[hidden]", blacklist_categories=["Cs"])


@settings(max_examples=examples(200), deadline=None)
@given(
    secret=st.text(letters, min_size=6, max_size=20),
    username=st.text(letters, max_size=20),
    writers=st.lists(st.sampled_from(sorted(set(WRITERS) - {"base64"})), max_size=2),
    around=st.tuples(st.text(max_size=20), st.text(max_size=20)),
)
def test_it_hides_a_secret_that_is_encoded_up_to_twice(secret, username, writers, around):
    for auth, pair in (
        (ServiceAccount(username, secret), f"{username}:{secret}"),
        (ProjectSecret(secret), f"{secret}:"),
    ):
        for told in (secret, b64encode(pair.encode()).decode().rstrip("=")):
            written = told
            for writer in writers:
                written = WRITERS[writer](written)
            redacted = auth.redact(written.join(around))
            assert written.encode() not in redacted.encode()
            assert secret.encode() not in redacted.encode()


@settings(max_examples=examples(60), deadline=None)
@given(st.text(min_size=1, max_size=6), st.sampled_from(sorted(set(WRITERS) - {"base64"})))
def test_it_hides_even_a_very_short_secret(secret, writer):
    text = f"<<{WRITERS[writer](secret)}>>"
    assert ProjectSecret(secret).redact(text).count("[hidden]") >= 1


@pytest.mark.parametrize("character", list('\\%&+/"a'))
def test_a_hostile_text_does_not_make_the_search_slow(character):
    started = time.monotonic()
    ServiceAccount("%5c" * 20, character * 40 + "!").redact(character * 20_000)
    assert time.monotonic() - started < 10


def test_its_repr_shows_no_credentials():
    for auth in (ServiceAccount(USERNAME, SECRET), ProjectSecret(SECRET)):
        assert SECRET not in f"{auth!r} {auth}"
        assert USERNAME not in f"{auth!r} {auth}"
