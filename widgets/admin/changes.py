"""Describes a form's changes for the audit log, one line per changed field."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import Truncator, capfirst

from widgets.admin.fields import FiltersField
from widgets.admin.metric_fields import FormulasField, MetricsField
from widgets.admin.summary import condition, formula, metric, written
from widgets.models import Action

LONGEST = 200
"""The log shortens a value to this many characters."""


class LogsValues(admin.ModelAdmin):
    """Logs a line per changed field: its label, old value and new value.

    If some readers of the log are not allowed to see the values, the line says “replaced” instead.
    """

    logged_as_replaced: tuple[str, ...] = ()
    """Fields for which the log shows “replaced”. If one of these fields changes, the entry's action is CREDENTIALS."""

    not_logged: tuple[str, ...] = ()
    """Fields that the log leaves out, because the database does not store them."""

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        if add:
            return super().construct_change_message(request, form, formsets, add)
        return "\n".join(self.changes(form)) or "Saved without a change."

    def action_of(self, said: str) -> Action:
        is_secret = self.logged_as_replaced and any(line.endswith(": replaced") for line in said.splitlines())
        return Action.CREDENTIALS if is_secret else Action.CHANGED

    def changes(self, form: forms.ModelForm) -> Iterator[str]:
        for name, field in form.fields.items():
            before, after = form.get_initial_for_field(field, name), form.cleaned_data.get(name)
            if isinstance(field, MetricsField | FormulasField):
                before, after = only_changed(before or [], after or [])
            old, new = in_words(field, before), in_words(field, after)
            if old == new or name in self.not_logged:
                continue
            # A chosen row can be, for example, a project that some readers of the log are not allowed to see.
            hides = name in self.logged_as_replaced or isinstance(field, forms.ModelChoiceField)
            yield f"{capfirst(field.label or name)}: {'replaced' if hides else f'{old} → {new}'}"


def only_changed(before: list[Any], after: list[Any]) -> tuple[list[Any], list[Any]]:
    """The removed rows and the added rows, or all rows if only their order has changed.

    Unchanged rows are left out, because all rows together can be longer than LONGEST.
    """
    gone, new = [row for row in before if row not in after], [row for row in after if row not in before]
    return (gone, new) if gone or new else (before, after)


def in_words(field: forms.Field, value: Any) -> str:
    if isinstance(field, forms.BooleanField):
        # The value is None if the report or the chart does not use the field. The log then shows the default.
        return "on" if (field.initial if value is None else value) else "off"
    if isinstance(field, forms.ModelChoiceField):
        value = field.to_python(value)
    elif isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        value = dict(choices).get(value, value)
    elif isinstance(field, FiltersField):
        value = "; ".join(map(condition, value or ()))
    elif isinstance(field, MetricsField):
        value = "; ".join(map(metric, value or ()))
    elif isinstance(field, FormulasField):
        value = "; ".join(map(formula, value or ()))
    # The text has no line breaks, so that no part of a value looks like the line of another field.
    text = " ".join(("" if value is None else written(value)).split())
    return f"“{Truncator(text).chars(LONGEST)}”" if text else "empty"
