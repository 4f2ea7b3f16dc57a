"""The page on reports and charts, held against the code that it describes."""

from pathlib import Path

import pytest

from widgets.reports import REPORT_TYPES
from widgets.spec import CHARTS, FILTER_OPS, MEASURES, OPTIONS, RANGES, SORTS, UNITS

PAGE = (Path(__file__).parent.parent.parent / "docs" / "reports-and-charts.md").read_text()
KEYS = {"property_name": "property"}
"""Fields whose key in imports is another."""

RANGE = ("unit", "range", "last", "include_today", "from_date", "to_date")


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def kinds_table():
    """Every kind of report: its names, what it shows, and the fields that are its own."""
    rows = []
    for name, kind in REPORT_TYPES.items():
        own = [f"`{KEYS.get(field, field)}`" for field in kind.fields if field not in RANGE]
        dates = ["the dates"] if "range" in kind.fields else []
        rows.append([kind.title, f"`{name}`", kind.about, ", ".join(own + dates)])
    return table(["Report", "In imports", "What it shows", "What it asks you for"], rows)


def charts_table():
    """Every chart, and which reports can fill it."""
    rows = [
        [title, f"`{chart}`", *("yes" if chart in kind.charts else "" for kind in REPORT_TYPES.values())]
        for chart, title in CHARTS.items()
    ]
    return table(["Chart", "In imports", *(f"`{name}`" for name in REPORT_TYPES)], rows)


@pytest.mark.parametrize("made", [kinds_table, charts_table])
def test_it_shows_what_the_code_can_do(made):
    right = made()
    assert right in PAGE, f"docs/reports-and-charts.md is behind the code. The right table:\n\n{right}\n"


@pytest.mark.parametrize(
    "word", [*RANGES, *MEASURES, *UNITS, *SORTS, *FILTER_OPS, *OPTIONS, "clean", "exclude", "rename", "top", "other"]
)
def test_it_explains_every_word_of_the_import_format(word):
    assert f"`{word}`" in PAGE


def test_it_gives_the_order_of_cleaning():
    steps = ["`clean`", "`exclude`", "`rename`", "`sort`", "`top`"]
    section = PAGE.split("## Tidying the labels", 1)[1]
    assert sorted(steps, key=section.index) == steps


def test_it_says_in_which_order_labels_come_unless_told_otherwise():
    for name, kind in REPORT_TYPES.items():
        assert kind.sort in SORTS, name
