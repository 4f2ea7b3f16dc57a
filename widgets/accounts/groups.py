"""The two groups of people and their permissions, filled after every `migrate`, because permissions exist only then.

Missing permissions are added, and none is removed, so an admin's additions stay. For fewer permissions, make a group
with another name. Groups do not decide which projects a person sees: `Project.members` does.
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
    """A receiver of `post_migrate`. A second run changes nothing."""
    for name, codenames in PERMISSIONS.items():
        group, _created = Group.objects.using(using).get_or_create(name=name)
        group.permissions.add(
            *Permission.objects.using(using).filter(content_type__app_label="widgets", codename__in=codenames)
        )
