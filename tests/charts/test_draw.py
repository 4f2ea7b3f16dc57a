"""Every chart: that it is drawn, from whatever numbers, small, quick to find and always the same."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.charts.reading import SVG, assert_harmless, count, parsed, words
from tests.charts.samples import COUNTRIES, SHAPES, cohorts, dated, days, fitting, steps, total, waves
from widgets.charts import PAINTERS, draw
from widgets.cyfe import CHARTS
from widgets.cyfe.drawing import Drawing
from widgets.report import Report, ReportError, Series

TIME_SERIES = tuple(chart for chart in CHARTS if chart not in SHAPES and chart not in ("table", "cohort"))
NAMES = ("US", "DE", "FR")


@pytest.mark.parametrize("chart", CHARTS)
class TestEveryChart:
    def test_it_is_a_small_scalable_picture(self, chart):
        picture = draw(fitting(chart, NAMES, waves(3, 30)), Drawing(chart, title="Signups"))
        root = parsed(picture)
        assert root.get("viewBox") == "0 0 640 360"
        assert root.get("role") == "img"
        assert not {"width", "height"} & set(root.keys())
        assert len(picture) < (100_000 if chart == "map" else 20_000)
        assert_harmless(picture)

    def test_it_has_its_title_escaped_and_first(self, chart):
        picture = draw(fitting(chart, NAMES, waves(3, 9)), Drawing(chart, title="A & <b>B</b>\x00\ud800"))
        first = parsed(picture)[0]
        assert first.tag == f"{SVG}title"
        assert first.text == "A & <b>B</b>"
        assert b"<b>" not in picture

    def test_it_has_no_title_without_one(self, chart):
        assert b"<title" not in draw(fitting(chart, NAMES, waves(3, 9)), Drawing(chart, title=" "))

    def test_it_changes_with_the_viewers_colour_scheme(self, chart):
        style = parsed(draw(fitting(chart, NAMES, waves(3, 9)), Drawing(chart))).find(f"{SVG}style")
        assert "@media(prefers-color-scheme:dark)" in style.text
        # Where a policy forbids style sheets, the attributes still make a light picture.
        assert parsed(draw(fitting(chart, NAMES, waves(3, 9)), Drawing(chart))).get("color") == "#24292f"

    def test_it_is_the_same_every_time(self, chart):
        report, drawing = fitting(chart, NAMES, waves(3, 9)), Drawing(chart, title="Signups")
        assert draw(report, drawing) == draw(report, drawing)

    @pytest.mark.parametrize(
        "columns",
        [
            [[None] * 5] * 3,
            [[0] * 5] * 3,
            [[-5, -1, None, 0, -7]] * 3,
            [[5, -3, 0, None, 2], [0, 1, -2, 3, 0], [None] * 5],
            [[7]] * 3,
            [[0.0001, 0.5, 1 / 3, 2.5, 3]] * 3,
            [[10**15, 3, 10**16, 1, 10**99]] * 3,
            [[5, 4, 3, 2, float("nan")]] * 3,
        ],
        ids=["none", "zero", "negative", "signs", "one", "fractions", "huge", "nan"],
    )
    def test_it_is_drawn_whatever_the_numbers(self, chart, columns):
        picture = draw(fitting(chart, NAMES, columns), Drawing(chart, target=10))
        assert_harmless(picture)
        assert b"nan" not in picture.replace(b"nance", b"")
        assert b"inf" not in picture

    def test_it_says_so_where_there_is_nothing(self, chart):
        for empty in (Report("dates", days(3), ()), Report("total", (), ()), Report("steps", (), ())):
            picture = draw(empty, Drawing(chart, title="Signups"))
            assert words(picture) == ["No data in this range"]

    def test_it_stays_small_however_much_there_is(self, chart):
        many = list(COUNTRIES) if chart == "map" else [f"Value number {i}" for i in range(60)]
        picture = draw(fitting(chart, many, waves(len(many), 90)), Drawing(chart))
        assert len(picture) < 100_000
        assert_harmless(picture)

    def test_it_is_refused_for_numbers_that_nobody_counts(self, chart):
        with pytest.raises(ReportError, match="too large"):
            draw(fitting(chart, ["US"], [[10**200]]), Drawing(chart, target=5))


@pytest.mark.parametrize("chart", ["list", "table", "pie", "donut"])
def test_it_cuts_ten_thousand_labels_and_says_how_many(chart):
    report = total({f"Value {i}": i for i in range(10_000, 0, -1)})
    picture = draw(report, Drawing(chart))
    assert len(picture) < 20_000
    assert any(re.search(r"… (and )?9,9\d\d more", line) for line in words(picture))


@pytest.mark.parametrize("chart", TIME_SERIES)
def test_it_draws_no_more_than_can_be_seen_of_500_series_and_400_dates(chart):
    columns = [column[:400] for column in waves(500, 400, scale=10**7)]
    picture = draw(dated([f"Value {i}" for i in range(500)], columns), Drawing(chart))
    assert len(picture) < 100_000
    assert any("more" in line for line in words(picture))


def test_it_knows_the_charts_that_cyfe_knows():
    assert set(PAINTERS) == set(CHARTS)


def test_it_is_refused_for_a_chart_that_does_not_exist():
    with pytest.raises(ReportError, match="sparkline"):
        draw(dated(["US"], [[1]]), Drawing("sparkline"))


@pytest.mark.parametrize("chart", ["pie", "funnel", "number", "map", "gauge", "list"])
def test_it_is_refused_for_a_report_of_another_shape(chart):
    with pytest.raises(ReportError, match=chart):
        draw(dated(["US"], [[1]]), Drawing(chart, target=1))


def test_it_costs_a_process_that_draws_nothing_no_import_of_pygal():
    code = "import sys, widgets.charts; sys.exit('pygal' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestTimeSeries:
    def test_it_draws_a_line_a_series_with_its_colour(self):
        picture = draw(dated(NAMES, waves(3, 50)), Drawing("line", colors={"DE": "#123456"}))
        strokes = [path for path in parsed(picture).iter(f"{SVG}path") if path.get("stroke-linejoin") == "round"]
        assert len(strokes) == 3
        assert b'color="#123456"' in picture

    def test_it_draws_single_points_as_dots(self):
        picture = draw(dated(NAMES, [[4], [2], [1]]), Drawing("line"))
        assert count(picture, "circle") == 3

    def test_it_names_few_dates_the_same_way_whatever_the_locale(self):
        shown = words(draw(dated(["US"], waves(1, 30)), Drawing("line")))
        assert [word for word in shown if word.startswith("Nov")] == ["Nov 1", "Nov 8", "Nov 15", "Nov 22", "Nov 29"]

    def test_it_writes_large_numbers_short(self):
        shown = words(draw(dated(["US"], [[0, 2_600_000]]), Drawing("column")))
        assert {"1M", "2M", "3M"} <= set(shown)

    def test_it_keeps_the_legend_from_eating_the_chart(self):
        shown = words(draw(dated([f"A rather long name {i}" for i in range(60)], waves(60, 5)), Drawing("line")))
        assert any(re.fullmatch(r"and 5\d more", word) for word in shown)

    def test_it_says_when_columns_are_left_out(self):
        shown = words(draw(dated([f"Value {i}" for i in range(30)], waves(30, 5)), Drawing("column")))
        assert any("not drawn" in word for word in shown)

    def test_it_mixes_types(self):
        options = {"types": {"DE": "line"}}
        picture = draw(dated(NAMES, waves(3, 10)), Drawing("column", options=options))
        paths = [path for path in parsed(picture).iter(f"{SVG}path") if path.get("stroke-linejoin") == "round"]
        assert len(paths) == 1

    @pytest.mark.parametrize("chart", TIME_SERIES)
    @pytest.mark.parametrize("kind", [*CHARTS, "nonsense"])
    def test_it_is_drawn_whatever_types_are_mixed(self, chart, kind):
        options = {"types": ["", kind], "shared_axis": False, "show_labels": True}
        assert_harmless(draw(dated(NAMES, waves(3, 6)), Drawing(chart, options=options)))

    def test_it_ends_the_axis_where_it_was_asked_to(self):
        options = {"axis_min": 100, "axis_max": 200}
        shown = words(draw(dated(["US"], [[50, 150, 900]]), Drawing("line", options=options)))
        assert {"100", "200"} <= set(shown)
        assert "900" not in shown

    @pytest.mark.parametrize("ends", [(5, 5), (9, 1), (None, -5), (500, None), (-1e9, 1e9), (0, 1e-7)])
    @pytest.mark.parametrize("chart", TIME_SERIES)
    def test_it_is_drawn_whatever_the_ends_of_the_axis(self, chart, ends):
        options = {"axis_min": ends[0], "axis_max": ends[1], "show_labels": True}
        picture = draw(dated(NAMES, [[5, 9, 2], [-3, 2, 1], [0, 0, 4]]), Drawing(chart, options=options))
        assert_harmless(picture)

    def test_it_gives_the_others_an_axis_of_their_own_when_it_is_not_shared(self):
        report = dated(["Signed up", "Revenue"], [[10, 20, 40], [10_000, 30_000, 90_000]])
        shown = words(draw(report, Drawing("line", options={"shared_axis": False})))
        assert {"40", "100k", "Revenue (right)"} <= set(shown)

    def test_it_can_be_upside_down(self):
        places = {}
        for reverse in (False, True):
            picture = draw(dated(["US"], [[1, 9]]), Drawing("line", options={"reverse_graph": reverse}))
            texts = [text for text in parsed(picture).iter(f"{SVG}text") if text.text == "0"]
            places[reverse] = float(texts[0].get("y"))
        assert places[True] < 100
        assert places[False] > 300

    def test_it_hides_the_numbers_of_the_axis_when_asked(self):
        shown = words(draw(dated(["US"], [[1, 9]]), Drawing("line", options={"show_axis": False})))
        assert shown == ["US", "Nov 1", "Nov 2"]

    def test_it_prints_values_when_asked(self):
        for chart in TIME_SERIES:
            shown = words(draw(dated(["US"], [[1234, 4321]]), Drawing(chart, options={"show_labels": True})))
            assert {"1.23k", "4.32k"} <= set(shown) or {"100%"} <= set(shown), chart

    def test_it_draws_a_smooth_curve_that_never_dips_below_what_it_counts(self):
        from widgets.charts.curves import smooth

        points = [(0, 0), (1, 0), (2, 100), (3, 1), (4, 0), (5, 50)]
        drawn = smooth(points, 8)
        assert set(points) <= set(drawn)
        assert min(y for _, y in drawn) >= 0
        assert max(y for _, y in drawn) <= 100

    def test_it_keeps_a_peak_of_more_dates_than_it_draws(self):
        values = [10] * 1000
        values[567] = 990
        report = dated(["US"], [values])
        shown = words(draw(report, Drawing("line")))
        assert "1k" in shown


class TestPie:
    def test_it_gives_every_label_its_number_and_share(self):
        shown = words(draw(total({"Yes": 75, "No": 25}), Drawing("pie")))
        assert shown == ["Yes", "75", "75%", "No", "25", "25%"]

    def test_it_draws_a_whole_circle(self):
        assert count(draw(total({"Yes": 75, "No": 0}), Drawing("pie")), "path") == 1

    def test_it_writes_the_total_into_a_donut_only_where_there_is_one(self):
        assert words(draw(total({"Yes": 75, "No": 25}), Drawing("donut")))[0] == "100"
        assert words(draw(total({"Yes": 75, "No": 25}, additive=False), Drawing("donut")))[0] == "Yes"


class TestNumber:
    def test_it_shows_the_number_and_its_name(self):
        assert words(draw(total({"Signed up": 15234}), Drawing("number"))) == ["15,234", "Signed up"]

    @pytest.mark.parametrize(
        ("before", "reverse", "line", "color"),
        [
            (100, False, "▲ 20%120 now, 100 before", "#1a7f37"),
            (100, True, "▲ 20%", "#c5221f"),
            (240, False, "▼ 50%", "#c5221f"),
            (240, True, "▼ 50%", "#1a7f37"),
            (120, False, "= 0%", "#626b76"),
        ],
    )
    def test_it_compares_with_the_period_before(self, before, reverse, line, color):
        drawing = Drawing("number", options={"comparison": True, "reverse": reverse})
        picture = draw(total({"Signed up": 120}, before), drawing)
        assert words(picture)[-1] == f"{line[:6].split('%')[0]}%{before} before"
        spans = list(parsed(picture).iter(f"{SVG}tspan"))
        assert spans[0].get("color") == color

    def test_it_makes_no_percentage_of_nothing(self):
        drawing = Drawing("number", options={"comparison": True})
        assert words(draw(total({"Signed up": 120}, 0), drawing))[-1] == "0 before"

    def test_it_adds_up_what_adds_up(self):
        assert words(draw(total({"US": 1, "DE": 2}, values_name="Signed up"), Drawing("number")))[0] == "3"

    @pytest.mark.parametrize("chart", ["number", "gauge"])
    def test_it_shows_0_where_nothing_happened(self, chart):
        assert words(draw(total({"Signed up": None}), Drawing(chart, target=5)))[0] == "0"

    @pytest.mark.parametrize("chart", ["number", "gauge"])
    def test_it_is_refused_for_several_numbers_that_do_not(self, chart):
        with pytest.raises(ReportError, match="add up"):
            draw(total({"US": 1, "DE": 2}, additive=False), Drawing(chart, target=1))


class TestGauge:
    def test_it_shows_how_much_of_the_target_is_reached(self):
        shown = words(draw(total({"Signed up": 1523}), Drawing("gauge", target=2000)))
        assert shown == ["1,523", "76% of 2,000", "0", "2k", "Signed up"]

    @pytest.mark.parametrize("target", [None, 0, -5])
    def test_it_stands_on_some_scale_without_a_target_to_reach(self, target):
        assert "0" in words(draw(total({"Signed up": 7}), Drawing("gauge", target=target)))


class TestFunnel:
    def test_it_shows_every_step_with_what_is_left(self):
        shown = words(draw(steps({"Open": 200, "Play": 100, "Buy": 10}), Drawing("funnel")))
        assert {"Open", "200", "Play", "100", "50% of all", "Buy", "10", "5% of all", "↓ 10%"} <= set(shown)

    def test_it_cuts_long_ones(self):
        shown = words(draw(steps({f"Step {i}": 50 - i for i in range(40)}), Drawing("funnel")))
        assert "… and 33 more steps" in shown


class TestTable:
    def test_it_shows_dates_and_columns(self):
        shown = words(draw(dated(["US", "DE"], [[1, 2], [None, 4.5]]), Drawing("table")))
        assert shown == ["Date", "2026-11-01", "2026-11-02", "US", "1", "2", "DE", "–", "4.5"]

    def test_it_lists_totals_under_their_names(self):
        report = total({"US": 1}, labels_name="Country", values_name="Signed up")
        assert words(draw(report, Drawing("table"))) == ["Country", "US", "Signed up", "1"]

    def test_it_says_what_it_leaves_out(self):
        report = dated([f"Series {i}" for i in range(60)], waves(60, 30))
        assert re.fullmatch(r"… and 19 more rows and 5\d more columns", words(draw(report, Drawing("table")))[-1])


class TestCohort:
    def test_it_shows_sizes_and_nothing_for_what_is_yet_to_come(self):
        report = Report(
            "dates",
            days(2, step=7),
            (Series("Users", (100, 40)), Series("0", (60, 10)), Series("1", (30, None))),
        )
        shown = words(draw(report, Drawing("cohort")))
        assert sorted(shown) == sorted(["Users", "0", "1", "Nov 1", "100", "60", "30", "Nov 8", "40", "10"])

    def test_it_writes_percentages_as_such(self):
        shown = words(draw(cohorts(6, 6, percent=True), Drawing("cohort", options={"percent": True})))
        assert "70%" in shown

    def test_it_says_what_it_leaves_out(self):
        shown = words(draw(cohorts(90, 60), Drawing("cohort")))
        assert re.fullmatch(r"… and 4\d more columns and 7\d more cohorts", shown[-1])


class TestMap:
    def test_it_names_the_largest_countries(self):
        shown = words(draw(total({"fr": 3, " US ": 10, "UK": 5, "QA": 1}), Drawing("map")))
        assert shown == ["United States", "10", "United Kingdom", "5", "France", "3", "Qatar", "1"]

    def test_it_shows_small_countries_as_dots(self):
        assert count(draw(total({"SG": 3, "MT": 1}), Drawing("map")), "circle") == 2

    def test_it_adds_labels_that_are_the_same_country(self):
        assert words(draw(total({"US": 3, "us": 4}), Drawing("map"))) == ["United States", "7"]

    def test_it_draws_every_country_there_is(self):
        from widgets.charts.world import outlines
        from widgets.cyfe.countries import COUNTRIES as ALL

        world = outlines()
        assert set(ALL) - {"AQ"} <= {*world["land"], *world["dots"]}

    def test_it_is_refused_without_a_country(self):
        with pytest.raises(ReportError, match="mp_country_code"):
            draw(total({"Mars": 3}), Drawing("map"))


def test_it_prefers_the_name_of_the_numbers_to_no_label():
    report = replace(dated([""], [[1, 2]]), values_name="Signed up")
    assert words(draw(report, Drawing("line")))[0] == "Signed up"


def test_it_leaves_plain_text_to_the_viewers_scheme() -> None:
    """A colour on the element itself would stay dark on a dark page."""
    picture = draw(Report("total", ("",), (Series("Signed up", (15234,)),)), Drawing("number")).decode()
    figure = picture[picture.index("15,234") - 150 : picture.index("15,234")].rpartition("<text")[2]
    assert "color" not in figure
