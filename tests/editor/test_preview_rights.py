"""Rights for previews: only editors and leads of a project get previews of its widgets."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fake_mixpanel.fake import FakeMixpanel
from tests.admin.filling_in import answers_of
from tests.conftest import new_project
from tests.web import people
from widgets.models import Project, Widget

BY_SOURCE = {"report": "segmentation", "events": "Signed up", "breakdown": "utm_source", "last": "7"}


@pytest.fixture
def post(client: Client, project: Project) -> Callable[..., Any]:
    def post(widget: Widget | None = None, **fields: Any) -> Any:
        address = reverse("admin:widgets_widget_preview") + (f"?widget={widget.pk}" if widget else "")
        return client.post(address, answers_of(project, **fields), headers={"accept": "application/json"})

    return post


def test_projects_and_widgets_of_other_teams_seem_not_to_exist(
    post: Any, client: Client, project: Project, make_widget: Any, mixpanel: FakeMixpanel
) -> None:
    theirs = new_project(name="Theirs", project_id=4711)
    hidden = make_widget(project=theirs, title="Hidden")
    missing = Widget(pk=999_999)
    client.force_login(people.editor(project).person)
    answers = [post(project=str(pk), ask="now", **BY_SOURCE) for pk in (theirs.pk, 999_999, "1e9", "-1")]
    answers += [post(widget, **BY_SOURCE) for widget in (hidden, missing)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert post(**BY_SOURCE).status_code == 200
    assert not mixpanel.calls


def test_a_viewer_of_the_project_previews_nothing(
    post: Any, client: Client, project: Project, make_widget: Any, mixpanel: FakeMixpanel
) -> None:
    """A viewer gets no preview of this project, even as an editor of another project."""
    own, widget = new_project(name="Own", project_id=4711), make_widget()
    mine = make_widget(project=own)
    person = people.viewer(project).person
    client.force_login(person)
    for of in (None, widget):
        assert post(of, ask="now", **BY_SOURCE).status_code == 404
    own.members.add(person)
    for of in (None, widget, mine):
        assert post(of, ask="now", **BY_SOURCE).status_code == 404
    assert post(widget, project=str(own.pk), **BY_SOURCE).status_code == 404
    assert not mixpanel.calls
    assert post(mine, project=str(own.pk), **BY_SOURCE).status_code == 200
