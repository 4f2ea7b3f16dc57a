"""The map: one row per country, with its ISO 3166-1 code, or its English name with the option `country_names`."""

from widgets.cyfe.countries import COUNTRIES
from widgets.cyfe.drawing import Drawing
from widgets.cyfe.layout import Layout, Table, check_not_empty, values_of_totals
from widgets.cyfe.numbers import added
from widgets.cyfe.options import color_row
from widgets.report import Number, Report, ReportError

_ALIASES = {"UK": "GB"}
"""A common wrong country code → the right code."""


class MapLayout(Layout):
    charts = ("map",)
    row_kinds = ("total",)

    def lay_out(self, report: Report, drawing: Drawing) -> Table:
        """Leaves out labels that are not country codes (see `dropped`)."""
        check_not_empty(report)
        countries = _by_country(report)
        if not countries:
            raise ReportError(
                "A map needs two-letter country codes, and none of these labels is a country code. "
                "Enter mp_country_code as the breakdown."
            )
        colors = drawing.colors_for([s.label for s in report.series if country_code(s.label)])[:1]
        return Table(
            columns=(report.labels_name or "Country", report.values_name or "Value"),
            rows=tuple(
                (COUNTRIES[code] if drawing.wants("country_names") else code, value)
                for code, value in countries.items()
            ),
            options=color_row(drawing, colors),
            labels_first=True,
            colors=colors,
        )


def country_code(label: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of a label in upper or lower case; None for any other label."""
    label = label.strip()
    if not label.isascii():  # "ß".upper() is "SS", the code of South Sudan.
        return None
    code = _ALIASES.get(label.upper(), label.upper())
    return code if code in COUNTRIES else None


def dropped(report: Report) -> tuple[str, ...]:
    """The labels that a map leaves out."""
    return tuple(series.label for series in report.series if country_code(series.label) is None)


def _by_country(report: Report) -> dict[str, Number]:
    """The value per country code. If several labels name one country, their values are added. If the values can't be
    added up, the first value is used."""
    values: dict[str, list[Number]] = {}
    for series, value in zip(report.series, values_of_totals(report), strict=True):
        if code := country_code(series.label):
            values.setdefault(code, []).append(value)
    return {code: added(found) if report.additive else found[0] for code, found in values.items()}
