"""Form fields for metrics and formulas: one row each, and an empty last row. They work without JavaScript."""

import re
from typing import Any

from django import forms

from widgets.admin.fields import FiltersField, FiltersWidget
from widgets.reports.insights.formulas import letters
from widgets.spec import METRIC_MEASURES, OF_PROPERTY

MOST_ROWS = 100
"""The fields read about this many rows and ignore the rest. The report type checks Mixpanel's own, lower limit."""

TEXTS = ("event", "measure", "property", "label")


def without_last_empty(rows: list[dict[str, Any]], but: str = "") -> list[dict[str, Any]]:
    """Removes the empty rows at the end. A row with a value only for the key `but` counts as empty.

    Empty rows between filled rows stay, so that errors have the row numbers of the page.
    """
    filled = [i for i, row in enumerate(rows, 1) if any(value for key, value in row.items() if key != but)]
    return rows[: filled[-1]] if filled else []


class MetricsWidget(forms.Widget):
    """One row of inputs per metric, with names such as `metrics-0-event` and `metrics-0-filters-property`."""

    template_name = "widgets/metrics.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        filled = [row for row in value or () if isinstance(row, dict)]
        context["widget"] |= {
            "rows": [
                {
                    **{key: row.get(key, "") for key in TEXTS},
                    "prefix": f"{name}-{i}",
                    "letter": letters(i),
                    "filters": FiltersWidget().render(f"{name}-{i}-filters", row.get("filters")),
                    "filter_count": len(row.get("filters") or ()),
                }
                for i, row in enumerate([*filled, {}])
            ],
            "measures": METRIC_MEASURES.items(),
            "of_property": " ".join(OF_PROPERTY),
        }
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        found = (re.fullmatch(rf"{re.escape(name)}-([0-9]{{1,6}})-event", key) for key in data)
        rows = []
        # The rows stay in the order of the page, because the order decides each metric's letter. The row numbers in
        # `data` can be unsorted.
        for number in list(dict.fromkeys(match[1] for match in found if match))[: MOST_ROWS + 1]:
            prefix = f"{name}-{number}"
            row: dict[str, Any] = {key: data.get(f"{prefix}-{key}", "").strip() for key in TEXTS}
            row["filters"] = FiltersWidget().value_from_datadict(data, files, f"{prefix}-filters")
            rows.append(row)
        return without_last_empty(rows, but="measure")

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(key.startswith(f"{name}-") for key in data)


class MetricsField(forms.Field):
    """A list of metrics in the format of the JSON import.

    Each metric has the key `event`. Other keys are left out if their value is empty or the default.
    """

    widget = MetricsWidget

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        found = []
        for row in value or ():
            metric: dict[str, Any] = {"event": row["event"]}
            if row["measure"] not in ("", "total"):
                metric["measure"] = row["measure"]
            if row["property"] and row["measure"] in OF_PROPERTY:
                # For a measure without a property, the hidden input can still have a property from an earlier choice.
                metric["property"] = row["property"]
            if filters := FiltersField().to_python(row["filters"]):
                metric["filters"] = filters
            if row["label"]:
                metric["label"] = row["label"]
            found.append(metric)
        return found


class FormulasWidget(forms.Widget):
    template_name = "widgets/formulas.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["rows"] = [*(row for row in value or () if isinstance(row, dict)), {}]
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        formulas, labels = (data.getlist(f"{name}-{part}") for part in ("formula", "label"))
        rows = zip(formulas, labels, strict=False)
        found = [{"formula": formula.strip(), "label": label.strip()} for formula, label in rows]
        return without_last_empty(found)[:MOST_ROWS]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-formula" not in data


class FormulasField(forms.Field):
    """A list of formulas in the format of the JSON import, without empty labels."""

    widget = FormulasWidget

    def to_python(self, value: Any) -> list[dict[str, str]]:
        return [{key: text for key, text in row.items() if text or key == "formula"} for row in value or ()]
