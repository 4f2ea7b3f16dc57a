"""What a picture shows of a table: small, always the same, and no more than can be seen."""

import re

import pytest

from tests.charts.reading import SVG, assert_harmless, count, parsed, words
from tests.charts.samples import dated, days, draw, fitting, steps, total, waves
from widgets.charts.plot import smooth
from widgets.charts.world import outlines
from widgets.cyfe import CHARTS
from widgets.cyfe.countries import COUNTRIES
from widgets.report import Report, ReportError, Series

NAMES = ("US", "DE", "FR")


def shown(report, chart, **more):
    return words(draw(report, chart, **more))


@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_is_a_small_picture_that_is_always_the_same(chart):
    report = fitting(chart, NAMES, waves(3, 30))
    picture = draw(report, chart, "A & <b>B</b>\x00\ud800")
    root = parsed(picture)
    assert (root.get("viewBox"), root.get("role")) == ("0 0 640 360", "img")
    assert (root[0].tag, root[0].text) == (f"{SVG}title", "A & <b>B</b> �")
    # Where a policy forbids style sheets, the attributes still make a light picture.
    assert "@media(prefers-color-scheme:dark)" in root.find(f"{SVG}style").text
    assert root.get("color") == "#24292f"
    assert len(picture) < (100_000 if chart == "map" else 20_000)
    assert_harmless(picture)
    assert draw(report, chart, "A & <b>B</b>\x00\ud800") == picture
    assert b"<title" not in draw(report, chart, " ")


def test_it_stays_small_and_says_what_it_leaves_out_however_much_there_is():
    for chart in ("line", "stackedcolumn", "pie", "list", "table", "map", "cohort"):
        many = list(COUNTRIES) if chart == "map" else [f"Value {i}" for i in range(500)]
        picture = draw(fitting(chart, many, waves(len(many), 400, scale=10**7)), chart)
        assert len(picture) < 100_000
        assert any("more" in line for line in words(picture))


def test_it_is_refused_for_numbers_that_nobody_counts():
    with pytest.raises(ReportError, match="too large"):
        draw(total({"US": 10**200}), "pie")


def test_it_draws_a_line_per_series_in_its_colour_or_as_its_type():
    picture = draw(dated(NAMES, waves(3, 50)), "line", colors={"DE": "#123456"}, options={"types": {"FR": "column"}})
    assert sum(path.get("stroke-linejoin") == "round" for path in parsed(picture).iter(f"{SVG}path")) == 2
    assert b'color="#123456"' in picture


def test_it_draws_single_points_as_dots():
    assert count(draw(dated(NAMES, [[4], [2], [1]]), "line"), "circle") == 3


def test_it_names_few_dates_and_writes_large_numbers_short():
    line = shown(dated(["US"], [[i * 90_000 for i in range(30)]]), "line")
    assert line == ["US", "0", "1M", "2M", "3M", "Nov 1", "Nov 8", "Nov 15", "Nov 22", "Nov 29"]


def test_it_keeps_the_legend_from_eating_the_chart_and_says_when_columns_are_left_out():
    report = dated([f"A rather long name {i}" for i in range(60)], waves(60, 5))
    assert any(re.fullmatch(r"and 5\d more", word) for word in shown(report, "line"))
    assert any("not drawn" in word for word in shown(report, "column"))


def test_it_ends_the_axis_where_it_was_asked_to_or_hides_its_numbers():
    report = dated(["US"], [[50, 150, 900]])
    words = shown(report, "line", options={"axis_min": 100, "axis_max": 200})
    assert {"100", "200"} <= set(words)
    assert "900" not in words
    assert shown(report, "line", options={"show_axis": False}) == ["US", "Nov 1", "Nov 2", "Nov 3"]


def test_it_gives_the_others_an_axis_of_their_own_when_it_is_not_shared():
    report = dated(["Signed up", "Revenue"], [[10, 20, 40], [10_000, 30_000, 90_000]])
    assert {"40", "100k", "Revenue (right)"} <= set(shown(report, "line", options={"shared_axis": False}))


@pytest.mark.parametrize("reverse", [False, True])
def test_it_can_be_upside_down(reverse):
    root = parsed(draw(dated(["US"], [[1, 9]]), "line", options={"reverse_graph": reverse}))
    (zero,) = (float(text.get("y")) for text in root.iter(f"{SVG}text") if text.text == "0")
    assert zero < 100 if reverse else zero > 300


def test_it_prints_values_when_asked():
    assert {"1.23k", "4.32k"} <= set(shown(dated(["US"], [[1234, 4321]]), "line", options={"show_labels": True}))


def test_it_draws_a_smooth_curve_that_never_dips_below_what_it_counts():
    points = [(0, 0), (1, 0), (2, 100), (3, 1), (4, 0), (5, 50)]
    drawn = smooth(points, 8)
    assert set(points) <= set(drawn)
    assert all(0 <= y <= 100 for _, y in drawn)


def test_it_keeps_a_peak_of_more_dates_than_it_draws():
    assert "1k" in shown(dated(["US"], [[10] * 567 + [990] + [10] * 433]), "line")


def test_a_pie_gives_every_label_its_number_and_share():
    assert shown(total({"Yes": 75, "No": 25}), "pie") == ["Yes", "75", "75%", "No", "25", "25%"]
    assert count(draw(total({"Yes": 75, "No": 0}), "pie"), "path") == 1


def test_a_donut_holds_the_total_only_where_there_is_one():
    assert shown(total({"Yes": 75, "No": 25}), "donut")[:2] == ["100", "Total"]
    assert shown(total({"Yes": 75, "No": 25}, additive=False), "donut")[0] == "Yes"


@pytest.mark.parametrize(
    ("before", "reverse", "line", "color"),
    [
        (100, False, "▲ 20%100 before", "#1a7f37"),
        (100, True, "▲ 20%100 before", "#c5221f"),
        (240, False, "▼ 50%240 before", "#c5221f"),
        (240, True, "▼ 50%240 before", "#1a7f37"),
        (120, False, "= 0%120 before", "#626b76"),
        (0, False, "0 before", None),
        (None, False, "0 before", None),
    ],
)
def test_a_number_is_compared_with_the_period_before(before, reverse, line, color):
    picture = draw(total({"Signed up": 120}, before), "number", options={"comparison": True, "reverse": reverse})
    assert words(picture) == ["120", "Signed up", line]
    assert next(parsed(picture).iter(f"{SVG}tspan")).get("color") == color


def test_a_number_leaves_its_colour_to_the_viewers_scheme():
    """A colour on the element itself would stay dark on a dark page."""
    root = parsed(draw(total({"Signed up": 15234}), "number"))
    assert [text.get("color") for text in root.iter(f"{SVG}text") if text.text == "15,234"] == [None]


@pytest.mark.parametrize(("target", "line"), [(2000, "76% of 2,000"), (0, "Target 0"), (-5, "Target −5")])
def test_a_gauge_shows_how_much_of_the_target_is_reached(target, line):
    words = shown(total({"Signed up": 1523}), "gauge", target=target)
    assert words == ["1,523", line, "0", "2k", "Signed up"]


def test_a_funnel_shows_every_step_with_what_is_left():
    found = set(shown(steps({"Open": 200, "Play": 100, "Buy": 10}), "funnel"))
    assert found == {"Open", "200", "↓ 50%", "Play", "100", "50% of all", "↓ 10%", "Buy", "10", "5% of all"}


def test_a_table_shows_what_there_is_and_a_dash_where_there_is_nothing():
    found = shown(dated(["US", "DE"], [[1, 2], [None, 4.5]]), "table")
    assert found == ["Date", "2026-11-01", "2026-11-02", "US", "1", "2", "DE", "–", "4.5"]


@pytest.mark.parametrize(("percent", "cells"), [(False, ["60", "10", "30"]), (True, ["60%", "10%", "30%"])])
def test_a_cohort_shows_sizes_and_nothing_for_what_is_yet_to_come(percent, cells):
    report = Report(
        "dates", days(2, step=7), (Series("Users", (100, 40)), Series("0", (60, 10)), Series("1", (30, None)))
    )
    found = shown(report, "cohort", options={"percent": percent})
    assert sorted(found) == sorted(["Users", "0", "1", "Nov 1", "100", "Nov 8", "40", *cells])


def test_a_map_names_the_largest_countries_and_shows_small_ones_as_dots():
    report = total({"fr": 3, " US ": 10, "UK": 5, "SG": 1, "us": 4})
    for by_name in (False, True):
        picture = draw(report, "map", options={"country_names": by_name})
        found = ["United States", "14", "United Kingdom", "5", "France", "3", "Singapore", "1"]
        assert (words(picture), count(picture, "circle")) == (found, 1)


def test_a_map_draws_every_country_there_is():
    world = outlines()
    assert set(COUNTRIES) - {"AQ"} <= {*world["land"], *world["dots"]}
