"""The widget's form. Most lists are lines of text, and most options are checkboxes."""

from dataclasses import fields as dataclass_fields
from typing import Any

from django import forms

from widgets.admin import pasted_link
from widgets.admin.edit_conflict import conflict
from widgets.admin.fields import FiltersField, LinesField, ListOrPairsField, PairsField, day, picker
from widgets.admin.metric_fields import FormulasField, MetricsField
from widgets.admin.titles import free_title, title_of_copy
from widgets.admin.which_fields import is_used
from widgets.mixpanel.links import BadLink
from widgets.models import OptionCache, Widget
from widgets.reports import REPORT_TYPES
from widgets.reports.rules import MISLEADING_WHEN_UNUSED
from widgets.spec import OPTIONS, TIME_SERIES_CHARTS, WidgetSpec

BOXES = {
    "comparison": (
        "Compare with the period before",
        "Cyfe shows the period before: below the number, or beside the total in the header.",
    ),
    "total": (
        "Total in the header",
        "Shows the sum of all values in the date range. Unique users and averages can't be added up.",
    ),
    "cumulative": ("Cumulative in the header", ""),
    "average": ("Average in the header", ""),
    "reverse": ("Less is better", "Cyfe's header shows a fall as good and a rise as bad."),
    "reverse_graph": ("Upside down", "The chart is upside down: its axis starts at the top."),
    "show_axis": ("Show the axis", ""),
    "show_labels": ("Numbers on the points", ""),
    "percent": ("In percent", "Shows percentages of each cohort's size."),
    "country_names": ("Country names", "Shows names of countries instead of their codes."),
}
"""Option → label and help text of its checkbox."""

NO_PROJECT = "You have no project yet. Add a project, or ask the lead of a project to make you an editor."
DEFAULTS: dict[str, Any] = {field.name: field.default for field in dataclass_fields(WidgetSpec)}


ASSUMED = ("analysis", "conversion_days")
"""Fields that can be missing or empty. The form then uses their defaults."""


class WidgetForm(forms.ModelForm):
    link = forms.CharField(
        label="Link from Mixpanel",
        required=False,
        strip=True,
        max_length=4000,
        widget=forms.TextInput(
            attrs={"class": "wide", "placeholder": "https://mixpanel.com/project/…", "data-link": True}
        ),
        help_text="Paste the address of a Mixpanel report. MixCyfe then fills in the fields below.",
    )
    title = forms.CharField(
        required=False, max_length=200, help_text="Leave this field empty to get a title automatically."
    )
    events = LinesField(
        label="Events",
        attrs=picker("events", "Pick a name from Mixpanel's list, or type the name as Mixpanel shows it."),
        help_text="Write names as Mixpanel shows them, one name per line.",
    )
    metrics = MetricsField(
        label="Metrics", required=False, help_text="Each metric has a letter, which you can use in formulas."
    )
    formulas = FormulasField(
        label="Formulas",
        required=False,
        help_text="Calculate with the letters of the metrics: + - * / ^ and brackets. If there is a formula, the "
        "widget shows formulas only.",
    )
    filters = FiltersField(
        label="Filters",
        required=False,
        help_text='All conditions must be true. Put text that looks like a number into straight quotes: "5".',
    )
    exclude = LinesField(
        label="Leave out",
        attrs=picker("labels", "The widget does not show these labels."),
        help_text="The widget does not show these labels. Write one label per line.",
    )
    only = LinesField(
        label="Show only",
        attrs=picker("labels", "The widget shows these labels, in this order. Leave this field empty to show all."),
        help_text="The widget shows these labels, in this order. Write one label per line. Leave this field empty to "
        "show all labels.",
    )
    rename = PairsField(
        label="Rename",
        help_text="Write one pair per line, as old = new. The widget adds up the values of labels that get the same "
        "new name.",
    )
    colors = ListOrPairsField(
        label="Colours",
        help_text="Write one colour per line, in the order of the labels, for example #0072b2. Or write one pair per "
        "line, as Label = #0072b2: the label then keeps its colour if the order changes.",
    )
    tags = LinesField(label="Tags", help_text=Widget._meta.get_field("tags").help_text)
    types = ListOrPairsField(
        label="Chart types",
        help_text="Write one type per line, in the order of the labels. Or write one pair per line, as Label = type. "
        f"Types: {', '.join(TIME_SERIES_CHARTS)}.",
    )
    shared_axis = forms.BooleanField(
        label="One axis for all lines",
        required=False,
        initial=True,
        help_text="If this option is off, Cyfe draws each line on its own axis, and people can't compare the lines.",
    )
    axis_min = forms.FloatField(label="Axis from", required=False)
    axis_max = forms.FloatField(label="Axis to", required=False)
    comparison, total, cumulative, average, reverse, reverse_graph, show_axis, show_labels, percent, country_names = (
        forms.BooleanField(label=label, help_text=help_text, required=False) for label, help_text in BOXES.values()
    )

    class Meta:
        labels = {"range": "Dates"}
        error_messages = {
            "project": {"required": "Choose a project."},
            "report": {"required": "Choose a report."},
        }
        widgets = {
            "where": forms.Textarea(attrs={"rows": 2, "class": "lines"}),
            "breakdown": forms.TextInput(attrs=picker("properties")),
            "property_name": forms.TextInput(attrs=picker("properties")),
            "born_event": forms.TextInput(attrs=picker("events")),
            "saved_report": forms.TextInput(
                attrs=picker("saved_reports", "Pick a report by its name, or type the number in its address.")
            ),
            "funnel": forms.TextInput(
                attrs=picker(
                    "funnels",
                    "Pick a saved funnel by its name, type the number in its address, or list the steps below. With "
                    "the engine Insights, a saved funnel keeps its own dates, breakdown and filters.",
                )
            ),
            "from_date": day(),
            "to_date": day(),
        }

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(data, *args, **kwargs)
        if "project" not in self.fields:
            # The person is allowed only to view the widget.
            return
        self.link_problem = ""
        project: Any = self.fields["project"]
        projects = project.queryset
        for name in ASSUMED:
            self.fields[name].required = False
        if self.data.get("link"):
            try:
                self.data = pasted_link.fill(self.data, projects)
            except BadLink as problem:
                self.link_problem = str(problem)
        for name in OPTIONS:
            if name in (self.instance.options or {}):
                self.initial.setdefault(name, self.instance.options[name])
        for name in ("saved_report", "funnel"):
            if number := getattr(self.instance, name):
                caption = OptionCache.objects.label(self.instance.project, f"{name}s", number)
                self.fields[name].widget.attrs["data-caption"] = caption
        if self.instance.pk is None:
            report = self.initial.setdefault("report", next(iter(REPORT_TYPES)))
            if report in REPORT_TYPES:
                self.initial.setdefault("chart", REPORT_TYPES[report].usual_chart)
            mine = list(projects[:2])
            if len(mine) == 1:
                self.initial.setdefault("project", mine[0].pk)
            elif not mine:
                project.help_text = NO_PROJECT

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.link_problem:
            self.add_error("link", self.link_problem)
        for name in ASSUMED:
            if name not in self.errors:
                cleaned[name] = cleaned.get(name) or DEFAULTS[name]
        chosen = {name: cleaned.get(name) for name in ("report", "chart", "range", "analysis", "funnel")}
        for name in self.fields:
            if not is_used(name, chosen):
                self.forget(name, cleaned)
        self.find_title(cleaned)
        if refusal := conflict(self.instance, self.data):
            self.add_error(None, refusal)
        self.instance.options = self.chosen_options()
        return cleaned

    def find_title(self, cleaned: dict[str, Any]) -> None:
        title, project = cleaned.get("title"), cleaned.get("project")
        if not title and "title" not in self.errors:
            cleaned["title"] = free_title(cleaned, self.instance.pk)
        elif project and project.widgets.filter(title=title).exclude(pk=self.instance.pk).exists():
            if "_saveasnew" in self.data:
                cleaned["title"] = title_of_copy(str(title), project)
            else:
                self.add_error("title", "This project already has a widget with this title. Choose another title.")

    def forget(self, name: str, cleaned: dict[str, Any]) -> None:
        """Removes an unused field's error.

        Resets the field's value if the value is invalid, or if OPTIONS or MISLEADING_WHEN_UNUSED contains the field.
        """
        if name in self.errors:
            del self.errors[name]
            cleaned[name] = self.get_initial_for_field(self.fields[name], name)
        if name in OPTIONS:
            cleaned[name] = None
        elif name in MISLEADING_WHEN_UNUSED:
            cleaned[name] = list(DEFAULTS[name]) if isinstance(DEFAULTS[name], tuple) else DEFAULTS[name]

    def chosen_options(self) -> dict[str, Any]:
        """The options that differ from their defaults. By default, only the checkbox `shared_axis` is on."""
        found = {name: self.cleaned_data.get(name) for name in OPTIONS}
        usual = {"shared_axis": True}
        return {k: v for k, v in found.items() if v is not None and v != [] and v is not usual.get(k, False)}

    def add_error(self, field: str | None, error: Any) -> None:
        """Shows an option's error next to its field."""
        for message in getattr(error, "message_dict", {}).get("options", ()):
            name, _, text = message.partition(": ")
            if name in self.fields:
                super().add_error(name, text[:1].upper() + text[1:])
            else:
                super().add_error(None, message)
        getattr(error, "error_dict", {}).pop("options", None)
        super().add_error(field, error)
