import pytest

from tests.cyfe.reports import TWO_DAYS, body, dated
from widgets.cyfe import lay_out, table_as_json
from widgets.cyfe.drawing import Drawing
from widgets.cyfe.options import OPTION_ROWS
from widgets.report import ReportError, Series

SIGNUPS = dated(
    Series("Signed up", (147, 146), previous=280),
    Series("Logged in", (9852, 10246), previous=19000),
    additive=True,
)


def option_lines(**options):
    """Returns the lines of the CSV after the data, without the line `YAxis,…`, which is there by default."""
    lines = body(SIGNUPS, "line", options=options).splitlines()[3:]
    return [line for line in lines if not line.startswith("YAxis,")]


def test_it_writes_every_option_row_in_cyfes_order():
    everything = body(
        SIGNUPS,
        "line",
        colors=["#52FF7F", "#ff7e0e"],
        options={
            "show_labels": True,
            "show_axis": False,
            "axis_max": 2000.5,
            "axis_min": 0,
            "reverse_graph": True,
            "reverse": True,
            "comparison": True,
            "total": True,
            "average": True,
            "cumulative": True,
            "types": ["line", "column"],
        },
    )
    assert everything == (
        "Date,Signed up,Logged in\n"
        "20261101,147,9852\n"
        "20261102,146,10246\n"
        "Color,#52ff7f,#ff7e0e\n"
        "Type,line,column\n"
        "Cumulative,1,1\n"
        "Average,1,1\n"
        "Total,293,20098\n"
        "Comparison,280,19000\n"
        "Reverse,1,1\n"
        "ReverseGraph,1,1\n"
        "YAxis,0,0\n"
        "YAxisMin,0,0\n"
        "YAxisMax,2000.5,2000.5\n"
        "YAxisShow,0,0\n"
        "LabelShow,1,1\n"
    )
    assert tuple(line.split(",")[0] for line in everything.splitlines()[3:]) == OPTION_ROWS


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ({"types": {"Logged in": "column"}}, ["Type,line,column"]),
        ({"types": {}}, []),
        ({"types": []}, []),
        ({"cumulative": False, "average": False, "reverse": False, "reverse_graph": False}, []),
        ({"total": False, "comparison": False, "show_labels": False}, []),
        ({"show_axis": True}, ["YAxisShow,1,1"]),
        ({"show_axis": None, "axis_min": None, "axis_max": None}, []),
        ({"axis_min": -1.5, "axis_max": 0}, ["YAxisMin,-1.5,-1.5", "YAxisMax,0,0"]),
    ],
)
def test_it_writes_an_option_row_only_when_asked(options, lines):
    assert option_lines(**options) == lines


@pytest.mark.parametrize(("shared", "written"), [(True, True), (None, True), (False, False)])
def test_it_gives_each_metric_an_axis_of_its_own_only_when_asked(shared, written):
    assert ("YAxis,0,0\n" in body(SIGNUPS, "line", options={"shared_axis": shared})) is written


def test_it_colours_by_the_label_that_mixpanel_gave_and_the_rest_from_the_palette():
    report = dated(Series('a "b", c', (1, 2)), Series("d", (3, 4)))
    lines = body(report, "line", colors={'a "b", c': "#ABCDEF"}).splitlines()
    assert lines[0] == "Date,a 'b'; c,d"
    assert lines[3] == "Color,#abcdef,#0072b2"


def test_it_compares_with_zero_where_the_period_before_is_unknown():
    report = dated(Series("Signed up", (1, 2)), Series("Logged in", (3, 4), previous=0.5))
    assert "Comparison,0,0.5\n" in body(report, "line", options={"comparison": True})


def test_it_writes_zero_for_a_missing_value():
    report = dated(Series("Signed up", (None, 3)), additive=True)
    drawing = Drawing("line", options={"total": True})
    assert body(report, "line", options=drawing.options) == (
        "Date,Signed up\n20261101,0\n20261102,3\nTotal,3\nYAxis,0\n"
    )
    assert table_as_json(lay_out(report, drawing)) == {
        "columns": ["Date", "Signed up"],
        "rows": [["2026-11-01", 0], ["2026-11-02", 3]],
    }


def test_it_refuses_a_total_of_values_that_do_not_add_up():
    report = dated(Series("Signed up", (1, 2)))
    with pytest.raises(ReportError, match=r"can't be added up.*option \"total\" off"):
        body(report, "line", options={"total": True})


def test_it_refuses_an_infinite_total():
    report = dated(Series("Paid", (1e308, 1e308)), additive=True)
    with pytest.raises(ReportError, match="too large"):
        body(report, "line", options={"total": True})


def test_it_keeps_a_metric_with_the_name_of_the_date_column():
    assert body(dated(Series("Date", (1, 2))), "line").startswith("Date,Date (2)\n")


def test_it_draws_a_line_at_zero_for_an_event_that_never_happened():
    assert body(dated(values_name="Signed up"), "line", options={"comparison": True}) == (
        "Date,Signed up\n20261101,0\n20261102,0\nComparison,0\nYAxis,0\n"
    )


@pytest.mark.parametrize(
    "report",
    [
        dated(),
        dated(rows=(), values_name="Signed up"),
        dated(Series("Signed up", ()), rows=()),
    ],
)
def test_it_says_what_to_do_when_there_is_nothing_to_draw(report):
    with pytest.raises(ReportError, match=r"nothing to draw for these dates\. Choose"):
        body(report, "line")


def test_it_says_why_a_chart_cannot_show_a_report():
    with pytest.raises(ReportError, match=r"“pie” shows one total .*, and this report has numbers by date"):
        body(dated(Series("Signed up", (1, 2)), rows=TWO_DAYS), "pie")
