"""The first steps: instructions on the board without active widgets, and on the admin's first page."""

import re
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from tests.web.board_page import page
from tests.web.people import boss, editor, viewer
from widgets.models import ApiCall, Project, Widget

MakeWidget = Callable[..., Widget]
Poll = Callable[..., Any]


class TestFirstSteps:
    def test_superusers_see_all_steps(self, db: None) -> None:
        html = page(boss())
        assert "From Mixpanel to Cyfe in a few steps" in html
        assert re.findall(r"<h3>([^<]*)", html) == [
            "Add your Mixpanel project",
            "Test the connection",
            "Make a widget",
            "Paste the widget&#x27;s address into Cyfe",
        ]
        assert '<a class="step-button" href="/admin/widgets/project/add/">Add a project</a>' in html
        assert html.count("step-button") == 1

    def test_the_next_step_is_the_connection_test(self, project: Project) -> None:
        html = page(boss())
        assert f'<a class="step-button" href="/admin/widgets/project/{project.pk}/change/#connection">' in html
        assert html.count("step-done") == 1

    def test_after_an_answer_of_mixpanel_the_next_step_is_to_make_a_widget(self, project: Project) -> None:
        ApiCall.objects.create(project=project, purpose="person", summary="x", started_at=timezone.now(), outcome="ok")
        assert '<a class="step-button" href="/admin/widgets/widget/add/">Make a widget</a>' in page(boss())

    def test_people_without_a_project_are_told_whom_to_ask(self, project: Project) -> None:
        for client in (editor(), viewer()):
            html = page(client)
            assert "Ask the lead of a project, or your administrator, to invite you" in html
            assert "step-button" not in html
            assert "Acme" not in html

    def test_editors_make_widgets_and_viewers_wait_for_them(self, project: Project) -> None:
        assert 'href="/admin/widgets/widget/add/"' in page(editor(project))
        html = page(viewer(project))
        assert "Your colleagues make widgets" in html
        assert "/add/" not in html

    def test_the_admin_shows_the_steps_until_cyfe_has_polled(self, make_widget: MakeWidget, poll: Poll) -> None:
        client = boss()
        html = client.get("/admin/").content.decode()
        widget = make_widget()
        assert "First steps" in html
        poll(widget)
        html = client.get("/admin/").content.decode()
        assert "First steps" not in html
        assert "To the board" in html

    def test_it_says_that_all_widgets_are_paused(self, make_widget: MakeWidget, poll: Poll) -> None:
        poll(make_widget())
        Widget.objects.update(active=False)
        assert "No widget is active" in page(boss())
