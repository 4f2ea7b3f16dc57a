"""The commands `new_key` and `rotate_encryption_keys`."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management.base import CommandError

from fake_mixpanel.fake import DEMO_SECRET
from tests.commands.conftest import Printed
from tests.conftest import new_project
from widgets.models import Project
from widgets.models.encrypted import SecretLost

Run = Callable[..., Printed]


def test_each_new_key_is_valid_and_different(manage: Run) -> None:
    first, second = (manage("new_key").out.strip() for _ in range(2))
    assert first != second
    assert Fernet(first)


def test_it_encrypts_the_secrets_of_projects_with_the_first_key(manage: Run, mixpanel: Any, settings: Any) -> None:
    old = settings.FIELD_ENCRYPTION_KEYS
    new = [manage("new_key").out.strip()]
    new_project()
    new_project(name="Other", project_id=8)
    Project.objects.create(name="Without a secret", project_id=9)
    settings.FIELD_ENCRYPTION_KEYS = new + old
    assert manage("rotate_encryption_keys").out == "2 secrets encrypted with the first key.\n"
    settings.FIELD_ENCRYPTION_KEYS = new
    assert [project.secret.reveal() for project in Project.objects.exclude(secret="")] == [
        DEMO_SECRET,
        DEMO_SECRET,
    ]
    settings.FIELD_ENCRYPTION_KEYS = old
    with pytest.raises(SecretLost):
        Project.objects.get(name="Other").secret.reveal()


def test_it_names_projects_whose_key_is_lost_and_rotates_the_others(manage: Run, mixpanel: Any, settings: Any) -> None:
    new_project(name="Lost")
    old, new = (manage("new_key").out.strip() for _ in range(2))
    settings.FIELD_ENCRYPTION_KEYS = [old]
    new_project(name="Other", project_id=8)
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    with pytest.raises(CommandError, match=r"No key decrypts the secret of: Lost\. Put the lost key back") as refused:
        manage("rotate_encryption_keys")
    assert DEMO_SECRET not in str(refused.value)
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert Project.objects.get(name="Other").secret.reveal() == DEMO_SECRET
