"""The two groups of people, filled after every `migrate`: permissions exist only then.

What is missing is added, nothing is taken away, so what an admin gave a group stays. Whoever wants less than
this makes a group of another name. Which projects a person sees is not theirs to say: that is `Project.members`.
"""

from typing import Any

from django.contrib.auth.models import Group, Permission

EDITORS = "Widget editors"
VIEWERS = "Widget viewers"
PERMISSIONS = {
    EDITORS: ("add_widget", "change_widget", "view_widget", "view_project"),
    VIEWERS: ("view_widget", "view_project"),
}


def fill_groups(using: str = "default", **_: Any) -> None:
    """A receiver of `post_migrate`; does nothing the second time."""
    for name, codenames in PERMISSIONS.items():
        group, _created = Group.objects.using(using).get_or_create(name=name)
        group.permissions.add(
            *Permission.objects.using(using).filter(content_type__app_label="widgets", codename__in=codenames)
        )
