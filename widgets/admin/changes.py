"""Writes the messages of the audit log: the label, the old value and the new value of each changed form field."""

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
"""The maximum number of characters per value in the log. Longer values are cut."""


class LogsValues(admin.ModelAdmin):
    """A ModelAdmin whose log entries hold old and new values, one line per field."""

    logged_as_replaced: tuple[str, ...] = ()
    """Fields whose values the log must not show, for example secrets. The log says “replaced” instead."""

    not_logged: tuple[str, ...] = ()
    """Form fields that the log omits, because the model has no such field."""

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        if add:
            return super().construct_change_message(request, form, formsets, add)
        return "\n".join(self.changes(form)) or "Saved without a change."

    def action_of(self, said: str) -> Action:
        is_secret = self.logged_as_replaced and any(line.endswith(": replaced") for line in said.splitlines())
        return Action.CREDENTIALS if is_secret else Action.CHANGED

    def changes(self, form: forms.ModelForm) -> Iterator[str]:
        """Yields one line of text per changed field."""
        for name, field in form.fields.items():
            before, after = form.get_initial_for_field(field, name), form.cleaned_data.get(name)
            if isinstance(field, MetricsField | FormulasField):
                before, after = only_changed(before or [], after or [])
            old, new = in_words(field, before), in_words(field, after)
            if old == new or name in self.not_logged:
                continue
            if name in self.logged_as_replaced:
                old, new = "", "replaced"
            elif is_one_row(field):
                # Readers of the log may not be allowed to see the row, for example the widget's old project.
                old, new = "", "replaced"
            yield f"{capfirst(field.label or name)}: {f'{old} → ' if old else ''}{new}"


def only_changed(before: list[Any], after: list[Any]) -> tuple[list[Any], list[Any]]:
    """Returns the removed rows and the added rows. If only the order has changed, returns all rows.

    The log omits unchanged rows, because the text of all rows is often longer than LONGEST.
    """
    gone, new = [row for row in before if row not in after], [row for row in after if row not in before]
    return (gone, new) if gone or new else (before, after)


def is_one_row(field: forms.Field) -> bool:
    return isinstance(field, forms.ModelChoiceField) and not isinstance(field, forms.ModelMultipleChoiceField)


def in_words(field: forms.Field, value: Any) -> str:
    if isinstance(field, forms.BooleanField):
        # The value is None if the report or the chart does not use the field. The log then shows the default.
        return "on" if (field.initial if value is None else value) else "off"
    if isinstance(field, forms.ModelMultipleChoiceField):
        value = sorted(map(str, value or ()))
    elif is_one_row(field):
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
    text = " ".join(
        ("" if value is None else written(value)).split()
    )  # one line, so that no value looks like another field
    return f"“{Truncator(text).chars(LONGEST)}”" if text else "empty"
