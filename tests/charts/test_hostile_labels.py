"""Labels come from anyone who can send an event: whatever they hold, a picture stays one."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.charts.reading import assert_harmless, words
from tests.charts.samples import draw, fitting
from widgets.charts import wording
from widgets.cyfe import CHARTS
from widgets.report import ReportError

HOSTILE = (
    "<script>alert(1)</script>",
    '"><image href="https://evil.example/x.svg" onload="alert(1)"/>',
    "]]><!--<foreignObject>",
    "&lt;b&gt; &#60;script&#62; &evil;",
    "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>&x;",
    "</style></svg><script>",
    "javascript:alert(1) url(https://evil.example) @import 'x'",
    "\x00\x01\x08\x0b\x1b\x7f\x85\ufffe\uffff\ud800\udfff",
    "\u202egnp.exe\u202c\u2066\u200f",
    "a\u0301" + "\u0301" * 5000,
    "x" * 1000,
    "日本語" * 300,
    "",
    "   \n\t  ",
    "\u200b\ufeff",
)

TEXT = st.text(st.characters(codec=None), max_size=40) | st.sampled_from(HOSTILE)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("show_labels", "shared_axis", "reverse_graph", "comparison", "percent"), st.booleans()),
        **dict.fromkeys(("axis_min", "axis_max"), st.floats(-1e9, 1e9)),
        "types": st.lists(st.sampled_from(CHARTS), max_size=4),
    },
)
NUMBER = st.none() | st.integers(-(10**18), 10**18) | st.floats(-1e99, 1e99)


@pytest.mark.parametrize("chart", CHARTS)
def test_it_shows_hostile_labels_as_text(chart):
    labels = ["US", *HOSTILE] if chart == "map" else HOSTILE
    columns = [[i + 1, i + 2, i] for i in range(len(labels))]
    report = fitting(chart, labels, columns, labels_name=HOSTILE[0], values_name=HOSTILE[1])
    picture = draw(report, chart, HOSTILE[4])
    assert_harmless(picture)
    for line in words(picture):
        assert len(line) <= 200
        assert not any(unicodedata.bidirectional(c) in ("RLO", "LRO", "RLE", "RLI", "LRI") for c in line)


@settings(max_examples=200, deadline=None)
@given(chart=st.sampled_from(CHARTS), data=st.data())
def test_it_draws_any_labels_and_numbers(chart, data):
    labels = data.draw(st.lists(TEXT | st.sampled_from(["US", "fr"]), min_size=1, max_size=14))
    rows = data.draw(st.integers(1, 8))
    column = st.lists(NUMBER, min_size=rows, max_size=rows)
    columns = data.draw(st.lists(column, min_size=len(labels), max_size=len(labels)))
    try:
        picture = draw(fitting(chart, labels, columns), chart, data.draw(TEXT), options=data.draw(OPTIONS))
    except ReportError as error:
        assert "two-letter country codes" in str(error)
    else:
        assert_harmless(picture)
        assert len(picture) < 100_000
        assert not re.search(rb"\b(nan|inf)\b", re.sub(rb">[^<]*<", b"><", picture))


@given(TEXT)
def test_it_makes_one_short_printable_line_of_any_label(label):
    line = wording.plain(label)
    assert 0 < len(line) <= wording.LONGEST
    assert line.isprintable() or not any(unicodedata.category(c) == "Cc" for c in line)
    line.encode()


@given(st.text(max_size=200), st.floats(10, 400), st.floats(8, 20))
def test_it_cuts_labels_to_their_room(label, room, size):
    assert wording.width(wording.fitted(label, room, size), size) <= room + wording.width("…", size)


@pytest.mark.parametrize(("colors", "shown"), [(["red;}*{"], "#9aa3ae"), (["#ABCDEF"], "#abcdef")])
def test_it_takes_only_colours_for_colours(colors, shown):
    picture = draw(fitting("line", ["US"], [[1, 2]]), "line", colors=colors)
    assert_harmless(picture)
    assert shown.encode() in picture
