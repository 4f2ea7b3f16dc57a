"""The stored data contains no readable credential. Encryption keys can be changed, and a lost key is reported."""

import os
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from tests.admin.filling_in import answers_of
from tests.commands.copy import Copy
from tests.security.conftest import Team
from tests.security.marker import SECRET, found_in
from widgets.models import Project, Snapshot

WRITE = f"""
import django; django.setup()
from django.db import connection
from widgets.models import Project, Widget
with connection.cursor() as cursor:
    cursor.execute("PRAGMA wal_autocheckpoint=0")
for i in range(2):
    project = Project.objects.filter(name="Marked").first() or Project(
        name="Marked", project_id=1, auth="service_account", username="robot")
    project.set_secret({SECRET!r})
    project.save()
widget = Widget(project=project, title="Readable title", report="events", events=["Signed up"])
widget.save()
print(widget.slug, flush=True)
import os
os._exit(0)  # as if killed: the write-ahead log stays
"""


@pytest.mark.slow
def test_no_secret_is_in_the_database_file_or_its_log(tmp_path: Path) -> None:
    site = Copy(tmp_path)
    assert site.manage("migrate", "-v0").returncode == 0
    slug = site.python(WRITE)
    files = {file.name: file.read_bytes() for file in tmp_path.glob("db.sqlite3*")}
    assert "db.sqlite3-wal" in files
    assert any(b"Readable title" in content and slug.encode() in content for content in files.values())
    assert {name: found_in(content) for name, content in files.items()} == {name: [] for name in files}


@pytest.mark.django_db(transaction=True)
def test_no_secret_is_in_a_dump(acme: Team) -> None:
    if connection.vendor != "postgresql" or not shutil.which("pg_dump"):
        pytest.skip("needs PostgreSQL (DATABASE_URL) and pg_dump")
    acme.project.set_secret(SECRET)
    acme.project.save()
    config = connection.settings_dict
    login = f"{quote(config['USER'])}:{quote(config['PASSWORD'])}@" if config["USER"] else ""
    address = f"postgresql://{login}{config['HOST']}:{config['PORT'] or 5432}/{config['NAME']}"
    dump = subprocess.run(["pg_dump", address], capture_output=True, check=True, env=os.environ).stdout
    assert acme.widget.slug.encode() in dump
    assert found_in(dump) == []


@pytest.fixture
def other_key(settings: Any) -> str:
    """A new key that encrypts from now on. The previous key still decrypts."""
    key = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [key, *settings.FIELD_ENCRYPTION_KEYS]
    return key


def test_keys_are_rotated_and_old_ones_can_go(acme: Team, other_key: str, settings: Any, capsys: Any) -> None:
    secret, before = acme.project.secret.reveal(), acme.project.secret.token
    call_command("rotate_encryption_keys")
    assert capsys.readouterr().out == "1 secret encrypted with the first key.\n"
    settings.FIELD_ENCRYPTION_KEYS = [other_key]
    project = Project.objects.get()
    assert project.secret.token != before
    assert project.secret.reveal() == secret


def test_rotating_says_whose_key_is_lost_and_keeps_the_rest(acme: Team, hooli: Team, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    acme.project.set_secret("anew")
    acme.project.save()
    with pytest.raises(CommandError, match="Hooli") as said:
        call_command("rotate_encryption_keys")
    assert "Acme" not in str(said.value)
    assert Project.objects.get(name="Acme").secret.reveal() == "anew"


def test_a_lost_key_is_reported_everywhere_and_breaks_nothing(
    acme: Team, superuser: Any, log_in: Any, settings: Any, mixpanel: Any
) -> None:
    client = log_in(superuser)
    good = client.get(f"/w/{acme.widget.slug}.csv")
    other = acme.widget
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert client.get(f"/w/{other.slug}.csv").content == good.content, "the last good numbers stay"
    assert client.get("/").status_code == 302, "sessions are encrypted too: people log in again"
    client = log_in(superuser)
    Snapshot.objects.update(fetched_at=None, report_json="")
    for extension in (".csv", ".json", ""):
        answer = client.get(f"/w/{other.slug}{extension}")
        assert answer.status_code == 503
        # Everybody who has the address can open the widget's page, so the page does not say why the refresh fails.
        assert ("secret can't be read" in unescape(answer.content.decode())) == bool(extension)
    shown = {
        path: client.get(path)
        for path in (
            "/",
            "/admin/",
            "/admin/widgets/widget/",
            "/admin/widgets/project/",
            f"/admin/widgets/widget/{other.pk}/change/",
            f"/admin/widgets/project/{acme.project.pk}/change/",
        )
    }
    assert {response.status_code for response in shown.values()} == {200}
    for path in ("/", "/admin/widgets/project/", f"/admin/widgets/project/{acme.project.pk}/change/"):
        text = shown[path].content.decode()
        assert "can’t be read" in text or "can&#x27;t be read" in text, path
    form = answers_of(acme.project, events="Signed up", list="events", ask="now")
    for path in ("preview", "lists"):
        assert client.post(f"/admin/widgets/widget/{path}/", form).status_code == 200
    stored = {name: getattr(acme.project, name) for name in ("region", "project_id", "timezone", "auth", "username")}
    assert client.post("/admin/widgets/project/connection/", {**stored, "project": acme.project.pk}).status_code == 200
    assert len(mixpanel.calls) == 1, "no query was sent without the secret"
