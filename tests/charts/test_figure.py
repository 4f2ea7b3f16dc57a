"""Figures: the options for ECharts that the server makes and the page's script draws."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.charts.samples import dated, figure, steps
from tests.cyfe.reports import totals
from widgets.charts import MOST_COLUMNS, MOST_ROWS, colors, without_numbers
from widgets.charts.time_series import MOST_SERIES

HEX = st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True)


def kinds(found):
    return [(series["type"], series.get("stack")) for series in found["option"]["series"]]


def test_series_can_have_their_own_types_and_a_second_axis() -> None:
    report = dated(a=(1, 2), b=(300, 400))
    found = figure(report, "line", options={"types": ["column", "areaspline"], "shared_axis": False})
    column, area = found["option"]["series"]
    assert (column["type"], area["type"], area["smooth"]) == ("bar", "line", 0.3)
    assert [series.get("yAxisIndex") for series in (column, area)] == [None, 1]
    assert len(found["option"]["yAxis"]) == 2
    assert isinstance(figure(report, "line")["option"]["yAxis"], dict), "all series share one axis by default"


def test_bars_are_horizontal_and_ignore_types_per_series() -> None:
    found = figure(dated(a=(1, 2), b=(3, 4)), "stackedbar", options={"types": ["line"]})
    assert kinds(found) == [("bar", "stackedbar")] * 2
    assert found["option"]["yAxis"]["type"] == "category"


def test_axis_limits_are_used_unless_the_minimum_is_above_the_maximum() -> None:
    report = dated(a=(1, 2))
    axis = figure(report, "line", options={"axis_min": 1, "axis_max": 5, "reverse_graph": True})["option"]["yAxis"]
    assert (axis["min"], axis["max"], axis["inverse"]) == (1, 5, True)
    assert "min" not in figure(report, "line", options={"axis_min": 5, "axis_max": 1})["option"]["yAxis"]


def test_a_percentage_chart_shows_shares_of_each_date() -> None:
    option = figure(dated(a=(1, -1), b=(3, 1)), "stackedpercentagecolumn")["option"]
    assert [row[1:] for row in option["dataset"]["source"]] == [[25, 75], [-50, 50]]
    assert option["yAxis"]["min"] == -100


def test_the_header_has_each_series_total_and_that_of_the_period_before() -> None:
    found = figure(dated(a=(1, 2)), "line", options={"total": True, "comparison": True})
    assert found["header"] == [["a", 3, 0]]


def test_a_pie_that_can_not_be_drawn_says_why() -> None:
    assert (
        figure(totals({"a": -1, "b": 2}), "pie")["words"] == "A pie can't show negative values. Choose another chart."
    )
    assert figure(totals({"a": 0}), "donut")["words"] == "All values are zero, so the donut has no slices."
    assert figure(totals({"a": -1}), "pie")["option"] is None


def test_a_pie_adds_up_the_slices_after_the_59th() -> None:
    data = figure(totals({f"{i}": 1 for i in range(100)}), "pie")["option"]["series"][0]["data"]
    assert (len(data), data[-1]) == (60, {"name": "… and 41 more", "value": 41})


def test_a_donut_has_a_sum_only_if_its_values_can_be_added_up() -> None:
    assert figure(totals({"a": 1, "b": 2}, additive=True), "donut")["option"]["sum"] == 3
    assert figure(totals({"a": 1, "b": 2}), "donut")["option"]["sum"] is None


def test_a_funnel_has_the_percentages_of_each_step() -> None:
    data = figure(steps(Visit=200, Pay=50, Stay=0, Again=0), "funnel")["option"]["series"][0]["data"]
    assert [(step["of_before"], step["of_first"]) for step in data] == [(None, None), (25, 25), (0, 0), (None, 0)]


def test_a_gauge_ends_at_its_number_if_the_target_is_not_above_zero() -> None:
    for target, end in ((20, 20), (0, 7), (-3, 7)):
        assert figure(totals({"a": 7}), "gauge", target=target)["option"]["series"][0]["max"] == end


def test_a_cohort_cell_is_a_share_of_its_cohort_and_future_intervals_have_no_cell() -> None:
    report = dated(Users=(100, 50), **{"0": (100, 10), "1": (50, None)})
    cells = figure(report, "cohort")["option"]["series"][0]["data"]
    assert [cell[:3] for cell in cells] == [[0, 0, 100], [1, 0, 50], [0, 1, 10]]
    assert cells[0][3] == 1 > cells[1][3] > cells[2][3] > 0


def test_a_map_finds_countries_by_their_codes_even_if_it_shows_names() -> None:
    found = figure(totals({"us": 9, "FR": 1}), "map", options={"country_names": True})
    assert found["rows"] == [["United States", 9], ["France", 1]]
    assert [point["name"] for point in found["option"]["series"][0]["data"]] == ["US", "FR"]


def test_too_many_series_columns_or_rows_are_cut_and_the_figure_says_so() -> None:
    wide = figure(dated(**{f"s{i}": (1,) for i in range(300)}), "line")
    assert (len(wide["option"]["series"]), len(wide["columns"])) == (MOST_SERIES, MOST_COLUMNS)
    assert wide["words"] == "The chart shows the first 60 of 300 series. The CSV has all of them."
    assert wide["cut"] == "The table shows the first 200 of 301 columns. The CSV has all of them."
    long = figure(dated(a=range(3000)), "table")
    assert len(long["rows"]) == MOST_ROWS
    assert long["cut"] == "The table shows the first 2,000 of 3,000 rows. The CSV has all of them."
    labels = figure(totals({f"s{i}": 1 for i in range(300)}), "pie")
    assert not labels["words"], "the pie has all values"
    assert labels["cut"] == "The table shows the first 200 of 300 rows. The CSV has all of them."


def test_too_large_numbers_are_not_drawn_and_the_figure_says_why() -> None:
    for value in (10**200, -1e300):
        found = figure(dated(a=(value, 1)), "line")
        assert found["option"] is None
        assert "too large" in found["words"]


def test_labels_are_one_line_without_characters_that_reorder_text() -> None:
    found = figure(totals({"a\u202e\nb": 1, "": 2, "\ud800": 3}), "pie")
    assert [slice["name"] for slice in found["option"]["series"][0]["data"]] == ["a b", "(empty)", "�"]
    json.dumps(found).encode("ascii")


def test_labels_that_look_equal_get_different_names() -> None:
    report = totals({"a": 1, "a ": 2})
    assert [slice["name"] for slice in figure(report, "pie")["option"]["series"][0]["data"]] == ["a", "a (2)"]


def test_a_widget_without_numbers_says_why() -> None:
    found = without_numbers("pie", "Plans", "Mixpanel has not answered yet.")
    assert (found["option"], found["words"], found["title"]) == (None, "Mixpanel has not answered yet.", "Plans")


@given(HEX)
def test_every_colour_has_enough_contrast_on_a_dark_card_and_is_unchanged_on_a_light_card(color: str) -> None:
    light, dark = colors.on_cards(color)
    assert light == color.lower(), "Cyfe draws the widget's own colour"
    assert colors.contrast(dark, colors.DARK_CARD) >= colors.DISCERNIBLE
