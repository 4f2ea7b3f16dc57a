"""Stored lists of Mixpanel's names, such as events, for choices in forms. Reading a stored list saves a query."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.db import models

from widgets.models.access import VisibleQuerySet
from widgets.models.project import Project


class OptionCacheQuerySet(VisibleQuerySet["OptionCache"]):
    def of(self, project: Project, list_name: str, of: Sequence[str] = ()) -> "OptionCache":
        """Gets or creates the list with this name that belongs to `of` (see OptionCache)."""
        cached, _ = self.get_or_create(
            key=option_cache_key(project, list_name, of),
            defaults={"project": project, "list_name": list_name, "of": list(of)},
        )
        return cached

    def entries(self, project: Project, list_name: str, of: Sequence[str] = ()) -> list[dict[str, str]]:
        cached = self.filter(key=option_cache_key(project, list_name, of)).first()
        return cached.values if cached else []

    def label(self, project: Project, list_name: str, value: Any) -> str:
        """The label of the entry with this value; empty if there is none."""
        entries = self.entries(project, list_name)
        return next((entry["label"] for entry in entries if entry["value"] == str(value)), "")


def option_cache_key(project: Project, list_name: str, of: Sequence[str]) -> str:
    """The key contains the project's identity, so that a changed project never shows another project's names."""
    canonical = json.dumps([*project.identity, list_name, *of], separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


class OptionCache(models.Model):
    """One list of names. `list_name`: a key of `widgets.editor.options.LISTS`.

    `of`: the event, or the event and the property, to which the list belongs; empty for a list of the whole project.
    `values`: objects with a `value` for the form's field. An object can also have a `label`, which people see instead
    of the value, and a `detail`, which people see beside it. An error leaves `values` unchanged. One thread fetches
    the list; after `loading_until`, another thread is allowed to fetch it.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="option_caches")
    key = models.CharField(max_length=64, unique=True)
    list_name = models.CharField(max_length=20, db_column="what")
    of = models.JSONField(default=list)
    values = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    fetched_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    loading_until = models.DateTimeField(null=True)

    objects = OptionCacheQuerySet.as_manager()

    def __str__(self) -> str:
        return " of ".join([self.list_name, *self.of])
