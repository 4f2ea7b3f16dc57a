"""The widget's form: lists as lines, options as boxes to tick, and only what the report uses."""

from dataclasses import fields as dataclass_fields
from typing import Any

from django import forms

from widgets.models import Widget
from widgets.reports import KINDS
from widgets.spec import OPTIONS, TIME_SERIES_CHARTS, WidgetSpec

from .fields import FiltersField, LinesField, ListOrPairsField, PairsField

BOXES = {
    "comparison": ("Compare with the period before", "Totals and sums; Cyfe's header or number shows it."),
    "total": ("Total in the header", "The sum over the range, where values add up."),
    "cumulative": ("Cumulative in the header", ""),
    "average": ("Average in the header", ""),
    "reverse": ("Less is better", "Swaps the colours of up and down in the header."),
    "reverse_graph": ("Upside down", "The axis runs downwards."),
    "show_axis": ("Show the axis", ""),
    "show_labels": ("Numbers on the points", ""),
    "percent": ("In percent", "For cohorts: of each cohort's size."),
    "country_names": ("Country names", "For maps: names in place of codes."),
}
ASKING_FIELDS = ("events", "breakdown", "property_name", "filters", "where", "measure", "born_event")


class WidgetForm(forms.ModelForm):
    events = LinesField(label="Events", help_text="As Mixpanel shows them, one a line. Most reports take one.")
    filters = FiltersField(
        label="Filters",
        required=False,
        help_text="All must hold. 5 is a number, true a yes; “5” in quotes is a text.",
    )
    exclude = LinesField(label="Leave out", help_text="Labels that are not shown, one a line.")
    rename = PairsField(label="Rename", help_text="old = new, one a line. Labels renamed alike are added.")
    colors = ListOrPairsField(
        label="Colours",
        help_text="#0072b2 one a line, by position; or Label = #0072b2, which a label keeps when ranks change.",
    )
    types = ListOrPairsField(
        label="Chart types by curve",
        help_text=f"To mix them: one a line, or Label = type. Types: {', '.join(TIME_SERIES_CHARTS)}.",
    )
    shared_axis = forms.BooleanField(
        label="One axis for all curves",
        required=False,
        initial=True,
        help_text="Without it, Cyfe gives every curve an axis of its own, and curves can't be compared.",
    )
    axis_min = forms.FloatField(label="Axis from", required=False)
    axis_max = forms.FloatField(label="Axis to", required=False)
    comparison, total, cumulative, average, reverse, reverse_graph, show_axis, show_labels, percent, country_names = (
        forms.BooleanField(label=label, help_text=help_text, required=False) for label, help_text in BOXES.values()
    )

    class Meta:
        model = Widget
        fields = [
            "project",
            "title",
            "active",
            "report",
            "events",
            "born_event",
            "breakdown",
            "property_name",
            "saved_report",
            "funnel",
            "filters",
            "where",
            "measure",
            "limit",
            "intervals",
            "range",
            "last",
            "unit",
            "include_today",
            "from_date",
            "to_date",
            "chart",
            "target",
            "clean_labels",
            "exclude",
            "rename",
            "sort",
            "top",
            "other",
            "colors",
            "refresh_minutes",
        ]
        widgets = {"where": forms.Textarea(attrs={"rows": 2}), "breakdown": forms.TextInput(attrs={"size": 40})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "types" in self.fields:
            for name in OPTIONS:
                if name in (self.instance.options or {}):
                    self.initial.setdefault(name, self.instance.options[name])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        kind = KINDS.get(cleaned.get("report", ""))
        if kind:
            defaults = {f.name: f.default for f in dataclass_fields(WidgetSpec)}
            for name in ASKING_FIELDS:
                if name not in kind.fields and name in cleaned and name not in self.errors:
                    # Left over from another report, in a field that is hidden now.
                    cleaned[name] = list(defaults[name]) if isinstance(defaults[name], tuple) else defaults[name]
        return cleaned

    def _post_clean(self) -> None:
        self.instance.options = self.chosen_options()
        super()._post_clean()

    def chosen_options(self) -> dict[str, Any]:
        """The options that differ from what happens anyway."""
        cleaned = self.cleaned_data
        chosen: dict[str, Any] = {name: True for name in BOXES if cleaned.get(name)}
        if "shared_axis" in cleaned and not cleaned["shared_axis"]:
            chosen["shared_axis"] = False
        if cleaned.get("types"):
            chosen["types"] = cleaned["types"]
        for name in ("axis_min", "axis_max"):
            if cleaned.get(name) is not None:
                chosen[name] = cleaned[name]
        return chosen

    def _update_errors(self, errors: Any) -> None:
        """Shows a problem of an option at that option."""
        found = getattr(errors, "error_dict", {}).pop("options", [])
        for error in found:
            for message in error.messages:
                name, _, text = message.partition(": ")
                self.add_error(name if name in self.fields else None, text if name in self.fields else message)
        if not found or errors.error_dict:
            super()._update_errors(errors)
