"""What pickers offer: Mixpanel's names, kept so that picking costs few queries."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.db import models

from widgets.models.access import VisibleQuerySet
from widgets.models.project import Project


class OptionCacheQuerySet(VisibleQuerySet["OptionCache"]):
    def of(self, project: Project, what: str, of: Sequence[str] = ()) -> "OptionCache":
        """The list of this, made empty when nobody wanted it before."""
        listing, _ = self.get_or_create(
            key=option_cache_key(project, what, of), defaults={"project": project, "what": what, "of": list(of)}
        )
        return listing

    def label(self, project: Project, what: str, value: Any) -> str:
        """What people call an entry of a list, if that is known by now."""
        listing = self.filter(key=option_cache_key(project, what, ())).first()
        entries = listing.values if listing else []
        return next((entry["label"] for entry in entries if entry["value"] == str(value)), "")


def option_cache_key(project: Project, what: str, of: Sequence[str]) -> str:
    """Holds the project's identity, so that a project that moves never offers another's names."""
    canonical = json.dumps([*project.identity, what, *of], separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


class OptionCache(models.Model):
    """One list of a project: `what` (see `widgets.editor.options`) `of` an event, or of an event and a property.

    `values` are objects with `value`, and where a person reads something else, `label` and `detail`.
    A failure leaves the values alone. Who fetches holds it until `loading_until`.
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
