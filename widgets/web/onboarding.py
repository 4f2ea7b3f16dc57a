"""The first steps of a new user, from an empty installation to numbers in Cyfe, for the board and the admin."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, Subquery
from django.urls import reverse

from widgets.models import ApiCall, Project, Role, Snapshot, Widget
from widgets.models.access import has_role_somewhere


@dataclass(frozen=True, slots=True)
class Step:
    """`url`: the page on which the person can do the step, if any. `button`: the text of the link to this page."""

    title: str
    text: str
    done: bool
    url: str = ""
    button: str = ""


@dataclass(frozen=True, slots=True)
class FirstSteps:
    steps: tuple[Step, ...]

    @property
    def next(self) -> Step | None:
        """The first step that is not done, or None if all steps are done."""
        return next((step for step in self.steps if not step.done), None)


@dataclass(frozen=True, slots=True)
class Progress:
    """`project`, `widget`: the ids of the first project and the first widget that the person sees, if any.

    `answered`: Mixpanel has answered a query of a project that the person sees. `polled`: a widget that the person sees
    was polled.
    """

    project: int | None
    widget: int | None
    answered: bool
    polled: bool


def first_steps(user: Any) -> FirstSteps:
    """The first steps of a person who is logged in."""
    found = progress_of(user)
    if user.is_superuser:
        return FirstSteps((*project_steps(found), *widget_steps(user, found)))
    return FirstSteps((invitation(found), *widget_steps(user, found)))


def progress_of(user: Any) -> Progress:
    projects, widgets = Project.objects.visible_to(user), Widget.objects.visible_to(user)
    answers = ApiCall.objects.visible_to(user).filter(outcome="ok")
    data = Snapshot.objects.filter(project__in=projects.values("pk"), fetched_at__isnull=False)
    row = get_user_model().objects.filter(pk=user.pk)
    found = row.values(
        project=Subquery(projects.order_by("pk").values("pk")[:1]),
        widget=Subquery(widgets.order_by("pk").values("pk")[:1]),
        called=Exists(answers),
        fetched=Exists(data),
        polled=Exists(widgets.filter(last_polled_at__isnull=False)),
    ).get()
    return Progress(found["project"], found["widget"], found["called"] or found["fetched"], found["polled"])


def project_steps(found: Progress) -> Iterator[Step]:
    yield Step(
        "Add your Mixpanel project",
        "You need the project's id, its time zone, and a service account with access to the project.",
        found.project is not None,
        reverse("admin:widgets_project_add"),
        "Add a project",
    )
    yield Step(
        "Test the connection",
        "A test query shows whether Mixpanel accepts the credentials. If not, you see what to change.",
        found.answered,
        f"{reverse('admin:widgets_project_change', args=[found.project])}#connection" if found.project else "",
        "Test it" if found.project else "",
    )


def invitation(found: Progress) -> Step:
    return Step(
        "Get access to a project",
        "Ask the lead of a project, or your administrator, to invite you. Then you see the project's widgets.",
        found.project is not None,
    )


def widget_steps(user: Any, found: Progress) -> Iterator[Step]:
    if not has_role_somewhere(user, Role.EDITOR):
        text = "Your colleagues make widgets. Then you see the widgets here."
        yield Step("See your project's widgets", text, found.widget is not None)
        return
    yield Step(
        "Make a widget",
        "Choose a report and a chart, and see a preview before you save.",
        found.widget is not None,
        reverse("admin:widgets_widget_add") if found.project else "",
        "Make a widget" if found.project else "",
    )
    yield Step(
        "Paste the widget's address into Cyfe",
        "In Cyfe, use a Private URL widget with the same chart type. The step is done when Cyfe has read the address.",
        found.polled,
        reverse("admin:widgets_widget_change", args=[found.widget]) if found.widget else "",
        "Copy the address" if found.widget else "",
    )
