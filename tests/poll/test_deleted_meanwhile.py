"""A widget is deleted while its numbers are laid out: this poll succeeds, and all later polls get 404.

A widget is deleted while a poll waits for its first numbers: this poll gets 404.
"""

from typing import Any

import pytest
from django.test import Client

from widgets.models import Project, Rendering, Snapshot, Widget
from widgets.models.call import Purpose
from widgets.poll import render, wait
from widgets.refresh.run import refresh

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def deleted_while_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    def writes(write: Any) -> Any:
        def delete_and_write(table: Any) -> bytes:
            Widget.objects.all().delete()
            return bytes(write(table))

        return delete_and_write

    monkeypatch.setattr(render, "WRITERS", {name: writes(write) for name, write in render.WRITERS.items()})


@pytest.mark.parametrize("extension", [".csv", ".json", ""])
def test_the_poll_that_found_the_widget_is_answered(
    client: Client, make_widget: Any, deleted_while_writing: None, extension: str
) -> None:
    address = f"/w/{make_widget().slug}{extension}"
    assert client.get(address).status_code == 200
    assert client.get(address).status_code == 404
    assert not Rendering.objects.exists()


def test_the_request_of_its_chart_on_the_board_is_answered(
    admin_client: Client, make_widget: Any, deleted_while_writing: None
) -> None:
    widget = make_widget()
    refresh(widget.snapshot_id, expected_fetched_at=None, purpose=Purpose.COMMAND)
    assert admin_client.get(f"/charts/{widget.pk}.json").status_code == 200
    assert admin_client.get(f"/charts/{widget.pk}.json").status_code == 404


def test_a_poll_that_waits_gets_404_if_the_project_is_deleted(
    client: Client, make_widget: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    below_limit = wait.below_limit

    def delete_first(project_id: int) -> bool:
        for model in (Widget, Snapshot, Project):
            model.objects.all().delete()
        return below_limit(project_id)

    monkeypatch.setattr(wait, "below_limit", delete_first)
    assert client.get(f"/w/{make_widget().slug}.csv").status_code == 404
