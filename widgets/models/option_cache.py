"""The option cache: lists of Mixpanel's names for pickers, stored to save queries."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.db import models

from widgets.models.access import VisibleQuerySet
from widgets.models.project import Project


class OptionCacheQuerySet(VisibleQuerySet["OptionCache"]):
    def of(self, project: Project, what: str, of: Sequence[str] = ()) -> "OptionCache":
        """The stored list. It is created empty on first use."""
        listing, _ = self.get_or_create(
            key=option_cache_key(project, what, of), defaults={"project": project, "what": what, "of": list(of)}
        )
        return listing

    def entries(self, project: Project, what: str, of: Sequence[str] = ()) -> list[dict[str, str]]:
        """The entries of the stored list; empty when no list is stored."""
        listing = self.filter(key=option_cache_key(project, what, of)).first()
        return listing.values if listing else []

    def label(self, project: Project, what: str, value: Any) -> str:
        """The label of the entry with this value; empty if no stored list has the entry."""
        entries = self.entries(project, what)
        return next((entry["label"] for entry in entries if entry["value"] == str(value)), "")


def option_cache_key(project: Project, what: str, of: Sequence[str]) -> str:
    """The key contains the project's identity, so that a changed project never shows another project's names."""
    canonical = json.dumps([*project.identity, what, *of], separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


class OptionCache(models.Model):
    """One list of names in a project. `what`: the kind of list, a key of `widgets.editor.options.LISTS`.

    `of`: the names that the list belongs to: none, an event, or an event and a property. `values` are objects:
    `value` goes into the form's field, and people see `label` and `detail` instead if the object has them. An error
    leaves `values` unchanged. Only one thread at a time fetches the list; another may after `loading_until`.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="option_caches")
    key = models.CharField(max_length=64, unique=True)
    what = models.CharField(max_length=20)
    of = models.JSONField(default=list)
    values = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    fetched_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    loading_until = models.DateTimeField(null=True)

    objects = OptionCacheQuerySet.as_manager()

    def __str__(self) -> str:
        return " of ".join([self.what, *self.of])
