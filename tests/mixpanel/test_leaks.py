"""Whatever Mixpanel answers, callers get plain data or a MixpanelError. Errors and logs contain no credentials."""

import gc
import json
import logging
import re
import traceback
from base64 import b64encode
from urllib.parse import quote

import pytest
import requests
import responses
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conftest import examples
from tests.mixpanel.conftest import SECRET, USERNAME, client_of
from widgets.mixpanel.auth import ProjectSecret, ServiceAccount
from widgets.mixpanel.client import Client
from widgets.mixpanel.errors import LONGEST_MESSAGE, LONGEST_RETRY_AFTER, MixpanelError


def forms_of(pair: str, *plain: str) -> list[str]:
    token = b64encode(pair.encode()).decode().rstrip("=")
    writers = [str, quote, lambda text: quote(text, safe=""), lambda text: json.dumps(text)[1:-1]]
    return [write(text) for text in (token, *plain) for write in writers]


ACCOUNT = forms_of(f"{USERNAME}:{SECRET}", SECRET, USERNAME)
CASES = {
    "service account": (Client(ServiceAccount(USERNAME, SECRET), project_id=7), ACCOUNT),
    "project secret": (Client(ProjectSecret(SECRET), project_id=None), forms_of(f"{SECRET}:", SECRET)),
}

statuses = st.one_of(st.just(200), st.sampled_from([400, 401, 402, 403, 429, 500, 503]), st.integers(100, 999))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.just("error"), inner, max_size=3)
    ),
    max_leaves=8,
)
bodies = st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | values.map(lambda it: json.dumps(it).encode())


def seen(error: BaseException) -> str:
    """All texts of an error that a person, a log or a crash report could show."""
    lines = traceback.format_exception(error)
    return "\n".join([str(error), repr(error), repr(error.args), repr(vars(error)), *lines])


def assert_hidden(text: str, forms: list[str] = ACCOUNT) -> None:
    for form in forms:
        assert form not in text


@settings(max_examples=examples(250), deadline=None)
@given(statuses, bodies, st.dictionaries(st.sampled_from(["Retry-After", "Content-Encoding"]), st.text(
    st.characters(min_codepoint=32, max_codepoint=126), max_size=12)))  # fmt: skip
@example(200, b"[" * 100_000, {})
@example(200, b'{"error": ' + b"[" * 90 + b"1" + b"]" * 90 + b"}", {})
def test_it_gives_plain_data_or_its_own_error(status, body, headers):
    client = Client(ProjectSecret(SECRET), project_id=7, workspace_id=1)
    with responses.RequestsMock() as mixpanel:
        mixpanel.get(re.compile(".*"), status=status, body=body, headers=headers)
        try:
            assert isinstance(client.query("events", {}), dict | list)
            assert status == 200
        except MixpanelError as error:
            assert error.kind
            assert len(error.message) <= LONGEST_MESSAGE
            assert error.message.isprintable()
            error.message.encode()
            assert error.retry_after is None or 0 <= error.retry_after <= LONGEST_RETRY_AFTER
            assert error.__context__ is None


@settings(max_examples=examples(100), deadline=None)
@given(st.sampled_from(sorted(CASES)), st.sampled_from([200, 302, 400, 401, 402, 429, 503]), st.data())
def test_it_never_repeats_a_credential(case, status, data):
    client, forms = CASES[case]
    form = data.draw(st.sampled_from(forms))
    around = st.text(max_size=30) | st.sampled_from(["\x1b[1m", "\0", "x" * 290, " " * 400, "https://mixpanel.com/?s="])
    said = data.draw(around) + form + data.draw(around)
    body = data.draw(st.sampled_from([
        json.dumps({"error": said}), json.dumps({"error": {said: [said]}}), json.dumps([said]),
        "{" + said, said, f"<b>{said}", json.dumps({"error": said}, ensure_ascii=False),
    ]))  # fmt: skip
    with responses.RequestsMock() as mixpanel:
        mixpanel.get(re.compile(".*"), status=status, body=body.encode(), headers={"Location": quote(said)})
        try:
            client.query("events", {})
        except MixpanelError as error:
            assert_hidden(seen(error), forms)


def test_it_finds_a_secret_that_control_characters_interrupt():
    split = f"{SECRET[:4]}\x1b[0m{SECRET[4:]}"
    with responses.RequestsMock() as mixpanel:
        mixpanel.get(re.compile(".*"), status=400, json={"error": split})
        with pytest.raises(MixpanelError, match=r"\[hidden\]$"):
            Client(ServiceAccount(USERNAME, SECRET), project_id=7).query("events", {})


def echo(connection):
    head = connection.request()
    token = head.split(b"Authorization: Basic ")[1].split(b"\r\n")[0]
    connection.answer(b'{"error": "no ' + token + b'"}', f"X-Echo: {token.decode()}", status="400 " + token.decode())


def breaks(connection):
    connection.send(connection.request())


def stalls(connection):
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + connection.request())
    connection.request()


@pytest.mark.parametrize("talk", [echo, breaks, stalls])
def test_it_logs_no_credentials(serve, caplog, talk):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(MixpanelError) as caught:
        client_of(serve(talk), timeout=0.5).query("events", {"event": "a"})
    assert_hidden(seen(caught.value))
    assert caplog.records
    for record in caplog.records:
        assert_hidden(f"{record.getMessage()} {record.args} {record.exc_text}")


def test_errors_keep_no_request(serve):
    with pytest.raises(MixpanelError) as caught:
        client_of(serve(breaks)).query("events", {})
    gc.collect()
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert not any("requests" in frame.f_code.co_filename.split("/") for frame in frames)
    for frame in frames:
        assert not any(
            isinstance(value, requests.PreparedRequest | requests.Response) for value in frame.f_locals.values()
        )
        if "widgets/mixpanel" in frame.f_code.co_filename:
            assert_hidden(repr(frame.f_locals))
