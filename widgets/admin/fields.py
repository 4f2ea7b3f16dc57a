"""Form fields and inputs that work without JavaScript: lists as lines of text, filters, days and time zones.

The scripts in `static/widgets/form/` add pickers.
"""

import json
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import ValidationError
from django.utils import timezone

from widgets.models.zones import known_zones
from widgets.spec import FILTER_OPS


def picker(list_name: str, help_text: str = "") -> dict[str, str]:
    """HTML attributes of a field with a picker. A script adds the picker: a list from which people choose.

    With the picker, `help_text` replaces the field's usual help text.
    """
    typing = {"class": "vTextField", "autocomplete": "off", "spellcheck": "false"}
    return {"data-list": list_name, "data-help": help_text, **typing}


def day() -> forms.DateInput:
    """An input that shows the browser's own date picker, which needs no script."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


def focus_first_error(adminform: Any) -> None:
    """Makes the browser focus the first field with an error, without a script."""
    for name in flatten_fieldsets(adminform.fieldsets):
        if name in adminform.form.errors:
            adminform.form.fields[name].widget.attrs["autofocus"] = True
            return


class TimeZoneInput(forms.TextInput):
    """An input for the name of a time zone. The browser suggests names from a list, without a script."""

    template_name = "widgets/time_zone.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, {**(attrs or {}), "list": f"{name}-list", "autocomplete": "off"})
        now = timezone.now()
        zones = sorted(zone for zone in known_zones() if "/" in zone or zone == "UTC")
        context["widget"]["zones"] = [(zone, f"UTC{now.astimezone(ZoneInfo(zone)).isoformat()[-6:]}") for zone in zones]
        return context


class LinesField(forms.CharField):
    """A list of texts, one per line."""

    def __init__(self, *, attrs: dict[str, str] | None = None, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={**(attrs or {}), "rows": 3, "class": "lines"})
        super().__init__(required=False, strip=False, widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            value = [f"{a} = {b}" for a, b in value.items()]
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        return lines(value)


class PairsField(LinesField):
    """A dictionary from text to text: one pair per line, such as `old = new`."""

    def to_python(self, value: Any) -> Any:
        return dict(map(pair, lines(value)))


class ListOrPairsField(LinesField):
    """A list of values, one per line, or a dictionary: one pair `label = value` per line."""

    def to_python(self, value: Any) -> Any:
        entries = lines(value)
        return dict(map(pair, entries)) if any("=" in entry for entry in entries) else entries


def lines(text: Any) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def pair(line: str) -> tuple[str, str]:
    """Splits a line into two texts at the last ` = `, or at the last `=` if the line has no ` = `.

    The last equals sign counts, because the first text can contain equals signs.
    """
    before, equals, after = line.rpartition(" = ")
    if not equals:
        before, equals, after = line.rpartition("=")
    if not equals or not before.strip() or not after.strip():
        raise ValidationError(
            "The line “%(line)s” is not a pair. Write one pair per line, with an equals sign between its two texts.",
            params={"line": line},
        )
    return before.strip(), after.strip()


class FiltersWidget(forms.Widget):
    """One row of inputs per filter. The last row is empty; a script adds more rows."""

    template_name = "widgets/filters.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = [
            {"property": f.get("property", ""), "op": f.get("op", ""), "value": typed(f.get("value"))}
            for f in value or ()
        ]
        context["widget"] |= {"rows": [*rows, {"property": "", "op": "is", "value": ""}], "ops": FILTER_OPS.items()}
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        columns = [data.getlist(f"{name}-{part}") for part in ("property", "op", "value")]
        rows = [dict(zip(("property", "op", "value"), row, strict=False)) for row in zip(*columns, strict=False)]
        return [row for row in rows if row["property"].strip() or row["value"].strip()]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-property" not in data


class FiltersField(forms.Field):
    """A list of filters. The value `5` is a number, `true` a boolean, and `"5"` with quotes a text."""

    widget = FiltersWidget

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        found = []
        for row in value or ():
            condition = {"property": row["property"].strip(), "op": row["op"]}
            if row["op"] not in ("set", "not_set"):
                condition["value"] = untyped(str(row["value"]))
            found.append(condition)
        return found


def typed(value: Any) -> str:
    """A filter's value as text for the input. A text that `untyped` would change gets quotes: `"5"`."""
    if isinstance(value, str):
        return value if untyped(value) == value else json.dumps(value, ensure_ascii=False)
    return "" if value is None else json.dumps(value)


def untyped(text: str) -> str | int | float | bool:
    text = text.strip()
    try:
        value = json.loads(text, parse_constant=str)
    except ValueError:
        return text
    return value if isinstance(value, str | int | float | bool) else text
