"""`/doctor` answers only requests of the command `manage.py doctor`."""

import pytest
from django.core import signing
from django.test import Client

from widgets.web.doctor import ANSWER, ASK_BY, QUESTION

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "question",
    ["", "x", signing.dumps("x", salt=ANSWER), signing.dumps("x", salt=QUESTION, key="another key"), "x:y:z"],
    ids=["empty", "a word", "an answer", "signed with another key", "a wrong signature"],
)
def test_requests_without_the_commands_signature_get_no_answer(client: Client, question: str) -> None:
    other = client.get("/nothing-is-here")
    answer = client.get("/doctor", headers={ASK_BY: question})
    assert (answer.status_code, answer.content) == (404, other.content)


def test_the_command_gets_a_signed_answer_that_no_cache_keeps(client: Client) -> None:
    headers = {ASK_BY: signing.dumps("once", salt=QUESTION), "X-Forwarded-For": "192.0.2.7"}
    answer = client.get("/doctor", headers=headers)
    assert "no-store" in answer.headers["Cache-Control"]
    seen = signing.loads(answer.content.decode(), salt=ANSWER)
    assert (seen["nonce"], seen["client"], seen["has_address"]) == ("once", "127.0.0.1", True)
