"""Second factors: set-up, login, guesses, the setting that requires them, and loss. Secrets are stored encrypted."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from tests.security.codes import SECOND, Phone, half_way, is_in, passkey_of, phone_of, post_password, recovery_codes
from tests.security.codes import text_of as text
from tests.security.conftest import Team
from tests.security.members import set_password
from widgets.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def root(superuser: Any, settings: Any) -> Any:
    settings.EMAIL_IS_SET_UP = True
    return superuser


@pytest.fixture
def phone(root: Any) -> Phone:
    return phone_of(root)


def everything_stored() -> str:
    models = apps.get_models(include_auto_created=True)
    return "".join(str(value) for model in models for row in model._base_manager.values_list() for value in row)


@pytest.mark.django_db(transaction=True)
def test_an_app_is_set_up_and_its_secret_is_nowhere_in_plain_text(root: Any, log_in: Any, caplog: Any) -> None:
    client = log_in(root)
    page = text(client.get("/account/app/"))
    secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))
    assert len(secret) == 32
    assert secret not in everything_stored(), "an unconfirmed secret is encrypted too"
    phone = Phone(secret)
    assert "wrong" in text(client.post("/account/app/", {"code": "000000"}))
    assert client.post("/account/app/", {"code": phone.code()})["Location"] == "/account/recovery-codes/"
    codes = re.findall(r"<li>(\d{8})</li>", text(client.get("/account/recovery-codes/")))
    assert len(set(codes)) == 10
    assert not re.findall(r"<li>\d{8}</li>", text(client.get("/account/recovery-codes/"))), (
        "the codes are shown only once"
    )
    stored = everything_stored()
    assert secret not in stored
    assert not any(code in stored for code in codes)
    assert secret not in caplog.text
    assert [sent.to for sent in mail.outbox] == [["root@example.com"]] * 2
    assert "codes from an app" in mail.outbox[0].body
    assert LogEntry.objects.filter(object_id=str(root.pk), change_message__contains="codes from an app").exists()
    assert half_way("root").post(SECOND, {"code": codes[3]}).status_code == 302
    assert AuditEntry.objects.all()[0].details.startswith("With password, a recovery code; ")


def test_the_password_alone_opens_nothing(root: Any, phone: Phone) -> None:
    client = half_way("root")
    for page in ("/", "/admin/", "/account/", "/admin/password_change/"):
        assert client.get(page)["Location"].startswith("/admin/login/"), page
    assert "Code from your app" in text(client.get(SECOND))
    assert client.post(SECOND, {"code": phone.code()}).status_code == 302
    assert is_in(client)


def test_a_code_works_once_and_only_within_a_minute(root: Any, phone: Phone, clock: Any) -> None:
    code = phone.code()
    half_way("root").post(SECOND, {"code": code})
    assert half_way("root").post(SECOND, {"code": code}).status_code == 200
    for later in (-2, 2):
        assert half_way("root").post(SECOND, {"code": phone.code(later)}).status_code == 200
    clock.shift(30)
    assert half_way("root").post(SECOND, {"code": phone.code()}).status_code == 302


def test_the_code_of_the_set_up_logs_nobody_in(root: Any, log_in: Any, clock: Any) -> None:
    client = log_in(root)
    phone = Phone("".join(re.findall(r"<span>([A-Z2-7]{4})</span>", text(client.get("/account/app/")))))
    client.post("/account/app/", {"code": phone.code()})
    assert half_way("root").post(SECOND, {"code": phone.code()}).status_code == 200
    clock.shift(30)
    assert half_way("root").post(SECOND, {"code": phone.code()}).status_code == 302


def test_a_half_finished_login_ends_when_the_password_changes(root: Any, phone: Phone) -> None:
    thief = half_way("root")
    root.set_password("the next long password")
    root.save()
    assert thief.post(SECOND, {"code": phone.code()})["Location"] == "/account/login/"
    assert not is_in(thief)


def test_a_recovery_code_works_once(root: Any, phone: Phone) -> None:
    code = recovery_codes(root)[0]
    assert half_way("root").post(SECOND, {"code": code}).status_code == 302
    assert half_way("root").post(SECOND, {"code": code}).status_code == 200


def test_guesses_of_codes_are_limited(root: Any, phone: Phone, clock: Any) -> None:
    mine = Client()
    post_password("root", client=mine)
    mine.post(SECOND, {"code": phone.code()})
    mine.post("/admin/logout/")
    answers = []
    for i in range(8):
        thief = half_way("root", REMOTE_ADDR=f"198.51.100.{i}")
        answers.append(thief.post(SECOND, {"code": f"{i:08}"}).status_code)
    assert answers == [200] * 4 + [429] * 4
    clock.shift(60)
    assert half_way("root").post(SECOND, {"code": phone.code()}).status_code == 429, "even the right code is refused"
    assert [sent.subject for sent in mail.outbox] == ["Wrong codes for your account at MixCyfe"]
    post_password("root", client=mine)
    assert mine.post(SECOND, {"code": phone.code()}).status_code == 302, "the owner's browser is let in"
    for _ in range(3):
        clock.shift(timedelta(minutes=16))
        for i in range(6):
            half_way("root", REMOTE_ADDR="198.51.100.9").post(SECOND, {"code": f"{i:08}"})
    assert len(mail.outbox) == 1, "the owner gets only one mail"
    clock.shift(timedelta(minutes=16))
    assert half_way("root").post(SECOND, {"code": phone.code()}).status_code == 302


def test_a_new_password_by_link_asks_for_the_second_factor_too(root: Any, acme: Team, log_in: Any) -> None:
    phone = phone_of(acme.viewer)
    log_in(root).post(f"/admin/auth/user/{acme.viewer.pk}/link/")
    client = Client()
    assert set_password(client, re.search(r"/welcome/\S+", mail.outbox[0].body)[0])["Location"] == SECOND
    assert not is_in(client)
    assert client.post(SECOND, {"code": phone.code()}).status_code == 302
    assert is_in(client)


@pytest.fixture
def required(settings: Any) -> None:
    settings.REQUIRE_SECOND_FACTOR = True


def test_a_second_factor_is_required_after_a_week(
    root: Any, acme: Team, log_in: Any, required: None, clock: Any
) -> None:
    client, editor = log_in(root), log_in(acme.editor)
    assert "needs a second factor by 30 November 2026" in text(client.get("/"))
    assert "second factor by" not in text(editor.get("/"))
    clock.shift(timedelta(days=6, hours=23))
    client = log_in(root)
    assert is_in(client)
    clock.shift(timedelta(hours=2))
    for page in ("/", "/admin/", "/shared/", "/admin/auth/user/", "/admin/password_change/"):
        assert client.get(page)["Location"] == "/account/", page
    assert "you cannot open any other page" in text(client.get("/account/"))
    assert client.get("/account/app/").status_code == 200
    assert client.get(f"/w/{acme.widget.slug}.csv").status_code == 200
    phone_of(root)
    assert is_in(client)
    assert client.post("/admin/logout/").status_code == 200
    assert is_in(log_in(acme.editor))


def test_a_superuser_removes_a_lost_second_factor(root: Any, acme: Team, log_in: Any) -> None:
    phone_of(acme.viewer)
    address = f"/account/{acme.viewer.pk}/remove-second-factor/"
    assert log_in(acme.editor).post(address).status_code == 403
    assert "Remove the second factor" in text(log_in(root).get(f"/admin/auth/user/{acme.viewer.pk}/change/"))
    assert log_in(root).post(address).status_code == 302
    assert not Authenticator.objects.exists()
    assert post_password("Acme-viewer")["Location"] != SECOND
    assert [(sent.to, "was removed" in sent.subject) for sent in mail.outbox] == [(["acme-viewer@example.com"], True)]
    entry = LogEntry.objects.get(change_message__contains="second factor")
    assert (entry.user, entry.object_id) == (root, str(acme.viewer.pk))


def test_a_command_removes_a_superusers_second_factor(root: Any, phone: Phone, capsys: Any) -> None:
    call_command("remove_second_factor", "root")
    assert "removed" in capsys.readouterr().out
    assert not Authenticator.objects.exists()
    assert mail.outbox
    assert LogEntry.objects.get(object_id=str(root.pk)).user.username == "command line"
    for name in ("root", "nobody"):
        with pytest.raises(CommandError):
            call_command("remove_second_factor", name)


def test_keys_are_rotated(root: Any, phone: Phone, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [new := Fernet.generate_key().decode(), *settings.FIELD_ENCRYPTION_KEYS]
    codes = recovery_codes(root)
    call_command("rotate_encryption_keys")
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert recovery_codes(root) == codes
    assert half_way("root").post(SECOND, {"code": phone.code()}).status_code == 302
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert half_way("root").post(SECOND, {"code": phone.code(1)}).status_code == 200, "a lost key lets nobody in"
    with pytest.raises(CommandError, match="TOTP Authenticator of root"):
        call_command("rotate_encryption_keys")


def test_removing_the_last_second_factor_removes_the_recovery_codes(root: Any, phone: Phone, log_in: Any) -> None:
    client = log_in(root)
    assert "Yes, remove it" in text(client.get("/account/app/remove/"))
    assert client.post("/account/app/remove/").status_code == 302
    assert not Authenticator.objects.exists()
    assert "Removed a way to log in: codes from an app" in mail.outbox[0].body


def test_new_recovery_codes_end_the_old_ones(root: Any, phone: Phone, log_in: Any) -> None:
    old = recovery_codes(root)
    assert log_in(root).post("/account/recovery-codes/new/").status_code == 302
    assert not set(old) & set(recovery_codes(root))


def test_a_closed_account_stays_closed(root: Any, phone: Phone) -> None:
    client = half_way("root")
    type(root).objects.update(is_active=False)
    client.post(SECOND, {"code": phone.code()})
    assert not is_in(client)
    assert post_password("root").status_code == 200


HOSTILE = [
    "[]",
    "1",
    '"x"',
    "{}",
    "null",
    "{",
    '{"id": 1}',
    '{"id":"AA","rawId":"AA","response":{},"type":"public-key"}',
]
HOSTILE += [
    '{"response":{"userHandle":[1]}}',
    '{"id":"AA","rawId":"AA","type":"x","response":{"userHandle":"MQ"}}',
    "[" * 999,
]


def test_passkeys_that_no_browser_makes_break_nothing(root: Any, log_in: Any) -> None:
    passkey_of(root)
    stranger, half, client = Client(), half_way("root"), log_in(root)
    stranger.get("/account/login/passkey/", headers={"Accept": "application/json"})
    for credential in HOSTILE:
        answers = [
            stranger.post("/account/login/passkey/", {"credential": credential}),
            half.post(SECOND, {"credential": credential}),
            client.post("/account/passkeys/add/", {"credential": credential, "name": "x"}),
        ]
        assert [answer.status_code for answer in answers] == [302, 200, 200], credential
    with time_machine.travel("2026-11-23T10:30:00+00:00", tick=False):
        client.get("/account/app/")
        for credential in HOSTILE:
            form = {"again-method": "GET", "again-credential": credential}
            assert client.post("/account/app/", form).status_code in (200, 429), credential
    assert not is_in(stranger)
    assert not is_in(half)
    assert Authenticator.objects.count() == 1
