"""Hypothesis strategies: reports and options, with labels that could break CSV."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from widgets.report import Report, Series

NASTY = [
    "",
    " ",
    ",",
    '"',
    '"",\n"',
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x","y")',
    "\t=1",
    "'=1",
    "+1,5",
    "@x",
    "＝1",
    "\u202e=1",
    "a,=cmd|' /C calc'!A0",
    "x;=1+1",
    "x,\n@y;; -1",
    "Total",
    "total",
    "Total (value)",
    "\nCOLOR",
    "Date",
    "YAxisMin",
    "YAxiſ",
    "1,2,3",
    "١,٢",
    "a",
    "a (2)",
    "a\x00",
    "a\u2028",
    "\ufeffa",
    "\ud800",
    "\udcff\ud800",
    "\uffff",
    "\x1c\x1d\x85",
    "US",
    "uk",
    "GB",
]
LABELS = st.one_of(st.sampled_from(NASTY), st.text(st.characters(), max_size=8))
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        **{
            name: st.booleans()
            for name in (
                *("cumulative", "average", "comparison", "reverse", "reverse_graph"),
                *("shared_axis", "show_axis", "show_labels", "country_names"),
            )
        },
        "types": st.lists(st.sampled_from(["line", "column"]), max_size=2),
        "axis_min": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    },
)


@st.composite
def reports(draw, row_kind, largest=None):
    smallest = None if largest is None else -largest
    numbers = st.floats(smallest, largest, allow_nan=False, allow_infinity=False)
    values = st.one_of(st.none(), st.integers(smallest, largest), numbers)
    count = draw(st.integers(0, 4))
    rows = {
        "dates": tuple(date(2026, 11, 1) + timedelta(days=i) for i in range(count)),
        # The first two hours have the same name, because US/Pacific leaves daylight saving time between them.
        "hours": tuple(
            (datetime(2026, 11, 1, 8, tzinfo=UTC) + timedelta(hours=i)).astimezone(ZoneInfo("US/Pacific"))
            for i in range(count)
        ),
        "steps": tuple(draw(st.lists(LABELS, min_size=count, max_size=count))),
        "total": ("",),
    }[row_kind]
    columns = st.builds(Series, LABELS, st.tuples(*[values] * len(rows)), values)
    return Report(
        row_kind,
        rows,
        tuple(draw(st.lists(columns, max_size=5))),
        additive=draw(st.booleans()),
        labels_name=draw(LABELS),
        values_name=draw(LABELS),
    )
