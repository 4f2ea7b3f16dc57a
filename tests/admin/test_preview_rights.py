"""Who gets a preview: those who may save what they look at, and of projects that they see."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser, Permission
from django.test import Client
from django.urls import reverse

from fake_mixpanel.fake import FakeMixpanel
from tests.admin.filling_in import answers_of, somebody
from tests.conftest import new_project
from widgets.models import Project, Widget

BY_SOURCE = {"report": "segmentation", "events": "Signed up", "breakdown": "utm_source", "last": "7"}


@pytest.fixture
def post(client: Client, project: Project) -> Callable[..., Any]:
    def post(widget: Widget | None = None, **fields: Any) -> Any:
        address = reverse("admin:widgets_widget_preview") + (f"?widget={widget.pk}" if widget else "")
        return client.post(address, answers_of(project, **fields), headers={"accept": "application/json"})

    return post


@pytest.fixture
def editor(project: Project) -> AbstractUser:
    return somebody(project, "add", "change", "view")


def test_other_teams_projects_and_widgets_look_as_if_they_were_not_there(
    post: Any, client: Client, editor: AbstractUser, make_widget: Any, mixpanel: FakeMixpanel
) -> None:
    theirs = new_project(name="Theirs", project_id=4711)
    hidden = make_widget(project=theirs, title="Hidden")
    missing = Widget(pk=999_999)
    client.force_login(editor)
    answers = [post(project=str(pk), ask="now", **BY_SOURCE) for pk in (theirs.pk, 999_999, "1e9", "-1")]
    answers += [post(widget, **BY_SOURCE) for widget in (hidden, missing)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert post(**BY_SOURCE).status_code == 200
    assert not mixpanel.calls


@pytest.mark.parametrize(("may", "new", "saved"), [("view", 404, 404), ("add", 200, 404), ("change", 404, 200)])
def test_it_takes_the_right_to_save_what_one_previews(
    post: Any, client: Client, editor: AbstractUser, make_widget: Any, may: str, new: int, saved: int
) -> None:
    editor.user_permissions.set(Permission.objects.filter(codename__in=("view_widget", f"{may}_widget")))
    client.force_login(editor)
    assert post(**BY_SOURCE).status_code == new
    assert post(make_widget(), **BY_SOURCE).status_code == saved
