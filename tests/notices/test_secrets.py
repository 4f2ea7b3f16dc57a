"""No secret part of a notice address is readable in the database, logs, exports, errors or the output of imports."""

import io
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import RequestFactory
from django.views.debug import SafeExceptionReporterFilter

from tests.commands.conftest import Printed, manage
from tests.notices.conftest import PASSWORD, Webhook, listen
from tests.refresh.test_freshness import cyfe_polls
from widgets.models import NoticeAddress, Project, Widget

pytestmark = pytest.mark.django_db
__all__ = ["manage"]
Load = Callable[..., Printed]


@pytest.fixture
def load(manage: Any, mixpanel: Any) -> Load:
    def run(**fields: Any) -> Printed:
        entry = {"name": "Acme", "project_id": 2526451, "username": "x", "secret": "y", **fields}
        printed: Printed = manage("import_widgets", "-", stdin=json.dumps({"projects": [entry]}).encode())
        return printed

    return run


def addresses() -> list[str]:
    return [each.url.reveal() for each in NoticeAddress.objects.all()]


def test_an_import_sets_keeps_and_removes_addresses(load: Load, manage: Any, webhook: Webhook) -> None:
    mail = "mailto://robot:pw@127.0.0.1:2525?from=a@example.com&to=b@example.com"
    load(notify=[webhook.url, mail], notify_after_minutes=0)
    assert addresses() == [webhook.url, mail]
    assert Project.objects.get().notify_after_minutes == 0
    kept = NoticeAddress.objects.first()
    load()
    load(notify=[mail, webhook.url])
    assert NoticeAddress.objects.first() == kept
    assert len(addresses()) == 2
    exported = manage("export_widgets").out
    assert PASSWORD not in exported
    assert json.loads(exported)["projects"][0]["notify_after_minutes"] == 0
    assert "notify" not in json.loads(exported)["projects"][0]
    load(notify=[])
    assert addresses() == []


@pytest.mark.parametrize(
    ("notify", "said"),
    [
        (
            ["json://127.0.0.1:9", f"file:///{PASSWORD}"],
            r"projects\[0\] \(Acme\): notify\[1\]: Write an Apprise address",
        ),
        ([f"slack://{PASSWORD}"], r"notify\[0\]: This address is incomplete"),
        ([f"jsons://{PASSWORD}@host/?verify=no"], r"notify\[0\]: This address has an option"),
        ([7], "notify: write a list"),
        (PASSWORD, "notify: write a list of at most 20 addresses"),
        (["json://h/"] * 21, "notify: write a list"),
    ],
)
def test_a_bad_address_changes_nothing_and_is_not_printed(load: Load, notify: Any, said: str) -> None:
    with pytest.raises(CommandError, match=said) as error:
        load(notify=notify)
    assert PASSWORD not in str(error.value)
    assert not Project.objects.exists()


@pytest.mark.parametrize("minutes", [-1, 1.5, True, "60", 10_081])
def test_bad_minutes_change_nothing(load: Load, minutes: Any) -> None:
    with pytest.raises(CommandError, match="notify_after_minutes: "):
        load(notify_after_minutes=minutes)
    assert not Project.objects.exists()


def test_no_password_of_an_address_is_in_the_database_the_log_or_the_output(
    project: Project,
    make_widget: Callable[..., Widget],
    mixpanel: Any,
    timer: Any,
    told: Webhook,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(0)
    listen(project, f"json://user:{PASSWORD}@127.0.0.1:9/{PASSWORD}")
    mixpanel.fail(503)
    cyfe_polls(make_widget())
    timer()
    assert len(told.got) == 1
    printed = capfd.readouterr()
    written = [caplog.text, printed.out, printed.err, repr(NoticeAddress.objects.first().__dict__)]
    if connection.vendor == "sqlite":
        written.append(connection.connection.serialize().decode("latin-1"))
        assert "json://127.0.0.1:9" in written[-1]
    assert not any(PASSWORD in text for text in written)
    assert "apprise" not in sys.modules, "a process that answers polls never imports Apprise"


def test_debug_pages_hide_the_typed_address(client: Any, admin_user: Any, project: Project) -> None:
    from widgets.admin.notices import NoticesPage

    request = RequestFactory().post("/", {"address": PASSWORD, "action": "add"})
    request.user = admin_user
    page = NoticesPage.notices_view
    with pytest.raises(Exception):  # noqa: B017 - the view needs an admin page, but the decorator has already worked
        page(object(), request, str(project.pk))
    assert PASSWORD not in str(SafeExceptionReporterFilter().get_post_parameters(request))


def test_keys_are_rotated_and_a_lost_key_is_reported(project: Project, webhook: Webhook, settings: Any) -> None:
    address = listen(project, webhook.url)
    old = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *old]
    out = io.StringIO()
    call_command("rotate_encryption_keys", stdout=out)
    assert out.getvalue() == "2 secrets encrypted with the first key.\n"
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    assert addresses() == [webhook.url]
    settings.FIELD_ENCRYPTION_KEYS = old
    with pytest.raises(CommandError, match=f"the notice address {address} of Acme"):
        call_command("rotate_encryption_keys", stdout=out)
