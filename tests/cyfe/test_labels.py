import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widgets.cyfe.labels import distinct, heading, row_label, safe
from widgets.cyfe.options import OPTION_ROWS


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("Signed up", "Signed up"),
        ("2,000 - 2,100", "2000 - 2100"),
        ("1,2,3", "123"),
        ("1,,2", "1;;2"),
        ("1, 2", "1; 2"),
        ("1,\n2", "1; 2"),
        ("Paris, France", "Paris; France"),
        ('say "hi"', "say 'hi'"),
        ("  a \t\r\n b\x00\x85\u2028\u2029\ufeff ", "a b"),
        ("\ufefftext", "text"),
        ("", "(empty)"),
        ("\u202e \u2066", "(empty)"),
        ("=1+1", "'=1+1"),
        ("\t\r\n+1", "'+1"),
        ("\u202e@SUM(A1)", "'@SUM(A1)"),
        ("-5", "'-5"),
        ("＝1+1", "'＝1+1"),
        ("－1", "'－1"),
        ("a=b", "a=b"),
        ("a,=cmd|' /C calc'!A0", "a;'=cmd|' /C calc'!A0"),
        ("x;=1+1", "x;'=1+1"),
        ("=1;-2, +3;@x", "'=1;'-2; '+3;'@x"),
        ("a;;=1;", "a;;'=1;"),
        (";\t=1", "; '=1"),
        ("a;＝1", "a;'＝1"),
        ("from 5; to -7", "from 5; to -7"),
        ("x; '=1", "x; '=1"),
        ("שלום, עולם", "שלום; עולם"),
        ("\ud800x\uffff\U0001ffff", "\ufffdx\ufffd\ufffd"),
        ("👩\u200d🚀", "👩\u200d🚀"),
    ],
)
def test_it_makes_a_label_safe(label, written):
    assert safe(label) == written


@pytest.mark.parametrize("name", [*OPTION_ROWS, "Date"])
def test_it_marks_a_rows_label_that_equals_date_or_an_option_row(name):
    assert row_label(name) == f"{name} (value)"
    assert row_label(f" {name.upper()}\n") == f"{name.upper()} (value)"
    assert row_label(f"{name} 2") == f"{name} 2"


def test_it_marks_a_heading_that_equals_an_option_row_but_not_date():
    assert heading("color") == "color (value)"
    assert heading("Date") == "Date"


@pytest.mark.parametrize(
    ("labels", "written"),
    [
        (["a", "b", "a", "a"], ["a", "b", "a (2)", "a (3)"]),
        (["a", "a", "a (2)"], ["a", "a (3)", "a (2)"]),
        (["a (2)", "a", "a", "a (2)"], ["a (2)", "a", "a (3)", "a (2) (2)"]),
    ],
)
def test_it_makes_equal_labels_different(labels, written):
    assert distinct(labels) == written


@given(st.lists(st.sampled_from(["a", "b", "a (2)", "a (3)", "a (2) (2)", "b (2)"]), max_size=12))
@settings(deadline=None)
def test_it_loses_no_label_and_keeps_the_first_of_equal_labels(labels):
    names = distinct(labels)
    assert len(set(names)) == len(labels)
    assert all(names[labels.index(label)] == label for label in labels)
    assert all(name.startswith(label) for label, name in zip(labels, names, strict=True))


def test_it_makes_ten_thousand_equal_labels_different_without_counting_from_the_start_each_time():
    labels = ["a"] * 10_000 + [f"a ({n})" for n in range(10_000)]
    started = time.monotonic()
    assert len(set(distinct(labels))) == 20_000
    assert time.monotonic() - started < 5


@given(st.text(st.characters()))
@settings(deadline=None)
def test_it_leaves_a_safe_label_as_it_is(label):
    assert safe(safe(label)) == safe(label)
