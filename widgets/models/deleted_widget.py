"""Deleted widgets, which people can bring back within 30 days.

The table of widgets does not contain them, so no poll, list, export or limit includes them by mistake.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import serializers
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone

from widgets.models.access import VisibleQuerySet, may_own_in
from widgets.models.names import free_name
from widgets.models.project import Project
from widgets.models.slug import new_slug
from widgets.models.snapshot import Snapshot
from widgets.models.widget import LONGEST_TITLE, Widget

KEPT_FOR = timedelta(days=30)


class DeletedWidgetQuerySet(VisibleQuerySet["DeletedWidget"]):
    def take(self, widgets: models.QuerySet[Widget], by: Any) -> int:
        """Replaces the widgets by DeletedWidgets. `by`: the user who deletes the widgets. Returns their number."""
        with transaction.atomic():
            pks = list(widgets.order_by().values_list("pk", flat=True))
            found = Widget.objects.filter(pk__in=pks)
            # Lock the projects before their snapshots, as refreshes do, so that no deadlock can happen.
            owners = Project.objects.filter(pk__in=found.order_by().values("project"))
            projects = list(owners.select_for_update().order_by("pk"))
            snapshots = Snapshot.objects.filter(pk__in=list(found.order_by().values_list("snapshot", flat=True)))
            rows = [
                DeletedWidget(
                    pk=content["pk"],
                    project_id=content["fields"]["project"],
                    title=content["fields"]["title"],
                    content=content,
                    deleted_by=by,
                )
                for content in serializers.serialize("python", found)
            ]
            self.bulk_create(rows)
            # MixCyfe keeps unused snapshots for a day after `touched_at`. A widget that comes back within a day needs
            # no new query.
            snapshots.update(touched_at=timezone.now())
            found.delete()
            for project in projects:
                snapshots.filter(project=project).set_due(project)
        return len(rows)


class DeletedWidget(models.Model):
    """`id`: the widget's id, as in the audit log. `content`: the widget's row in Django's serialization format."""

    id = models.BigIntegerField(primary_key=True)
    project = models.ForeignKey(Project, models.CASCADE, related_name="deleted_widgets")
    title = models.CharField(max_length=LONGEST_TITLE)
    content = models.JSONField(encoder=DjangoJSONEncoder)
    deleted_at = models.DateTimeField(default=timezone.now, db_index=True)
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = DeletedWidgetQuerySet.as_manager()

    class Meta:
        ordering = ("-deleted_at", "-pk")
        verbose_name = "recently deleted widget"

    def __str__(self) -> str:
        return self.title

    @property
    def slug(self) -> str:
        return str(self.content["fields"]["slug"])

    def bring_back(self) -> Widget:
        """Makes the widget again, with a new title or address if another widget uses the old one now.

        Raises DeletedWidget.DoesNotExist if another request has brought the widget back already.
        """
        with transaction.atomic():
            project = Project.objects.select_for_update().get(pk=self.project_id)
            row = DeletedWidget.objects.select_for_update().get(pk=self.pk)
            # An upgrade may have changed the fields: removed fields are ignored, new ones get their defaults.
            [stored] = serializers.deserialize("python", [row.content], ignorenonexistent=True)
            widget: Any = stored.object
            widget.project = project
            widget.title = free_name(widget.title, project.widgets.all())
            if Widget.objects.filter(slug=widget.slug).exists():
                widget.slug = new_slug()
            owner = get_user_model().objects.filter(pk=widget.owner_id).first()
            widget.owner = owner if may_own_in(owner, project.pk) else None
            widget.save()
            row.delete()
            return Widget.objects.get(pk=widget.pk)
