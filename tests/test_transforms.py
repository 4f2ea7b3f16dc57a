"""Cleaning, step by step: clean → exclude → rename → sort → top and other. `only` is tested in tests/reports."""

import copy
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports.samples import spec
from widgets.report import Report, ReportError, Series
from widgets.transforms import MEANINGLESS, OTHER, Dropped, cleaned

TWO_DAYS = (date(2026, 11, 1), date(2026, 11, 2))


def dated(additive=True, **labels):
    return Report("dates", TWO_DAYS, tuple(Series(name, values) for name, values in labels.items()), additive)


def clean(report, default_sort="none", **fields):
    return cleaned(report, spec("segmentation", **fields), default_sort)


def shown(report, **fields):
    return {series.label: series.values for series in clean(report, **fields)[0].series}


def totals(additive=True, **labels):
    return Report("total", ("",), tuple(Series(name, (n,)) for name, n in labels.items()), additive)


UNKNOWN = Report("total", ("",), tuple(Series(label, (1,)) for label in ("", "undefined", "null", "(not set)", "FR")))


def test_it_drops_empty_labels_and_says_so():
    report, dropped = clean(UNKNOWN)
    assert [series.label for series in report.series] == ["FR"]
    assert dropped == [Dropped(label, "clean", 1) for label in ("", "undefined", "null", "(not set)")]


def test_it_keeps_empty_labels_when_it_is_told_to():
    assert len(clean(UNKNOWN, clean_labels=False)[0].series) == 5


def test_it_drops_blank_labels_but_not_labels_that_resemble_null():
    assert list(shown(totals(**{" ": 1, " null ": 1, "Null": 2, "undefined!": 3}))) == ["Null", "undefined!"]


def test_it_excludes_only_labels_with_exactly_this_name():
    report, dropped = clean(totals(US=3, us=2, FR=1), exclude=("US", "DE"))
    assert [series.label for series in report.series] == ["us", "FR"]
    assert dropped == [Dropped("US", "exclude", 3)]


def test_it_excludes_steps_of_a_funnel():
    funnel = Report("steps", ("Open", "Test", "Buy"), (Series("Count", (3, 2, 1)), Series("Test", (1, 1, 1))))
    report, _ = clean(funnel, exclude=("Test",))
    assert report.rows == ("Open", "Buy")
    assert report.series == (Series("Count", (3, 1)),)


def test_it_renames_labels_and_steps():
    assert shown(dated(US=(1, 2), FR=(3, 4)), rename={"US": "America"}) == {"America": (1, 2), "FR": (3, 4)}
    funnel = Report("steps", ("Open", "Buy"), (Series("Count", (3, 1)),))
    report, _ = clean(funnel, rename={"Buy": "Bought", "Count": "People"})
    assert (report.rows, report.series[0].label) == (("Open", "Bought"), "People")


def test_it_adds_labels_that_get_the_same_name():
    report = dated(UK=(1, None), GB=(3, 4), FR=(5, 6))
    assert shown(report, rename={"UK": "Britain", "GB": "Britain"}) == {"Britain": (4, 4), "FR": (5, 6)}
    assert shown(report, rename={"UK": "FR"}) == {"FR": (6, 6), "GB": (3, 4)}


def test_it_adds_the_periods_before_too():
    series = (Series("a", (1,), previous=10), Series("b", (2,), previous=5), Series("c", (3,)))
    report = Report("total", ("",), series, additive=True)
    assert clean(report, rename={"a": "x", "b": "x", "c": "x"})[0].series == (Series("x", (6,), previous=15),)
    assert clean(report, rename={"c": "y"})[0].series[2].previous is None


def test_it_refuses_to_add_what_does_not_add_up():
    with pytest.raises(ReportError, match="would both be called “FR”"):
        clean(totals(additive=False, UK=1, FR=2), rename={"UK": "FR"})
    with pytest.raises(ReportError, match=r"“Other”.* can't be added up"):
        clean(totals(additive=False, UK=1, FR=2), top=1, other=True)


def test_renaming_one_label_does_not_merge_other_equal_labels():
    alike = Report("total", ("",), (Series("a\ufffd", (1,)), Series("a\ufffd", (2,)), Series("b", (3,))))
    report, _ = clean(alike, rename={"b": "c"})
    assert [(series.label, series.values) for series in report.series] == [
        ("a\ufffd", (1,)),
        ("a\ufffd", (2,)),
        ("c", (3,)),
    ]


def test_it_sorts_by_value_by_label_or_not_at_all():
    report = totals(b=1, a=1, C=5, d=None)
    assert list(shown(report, sort="value")) == ["C", "a", "b", "d"]
    assert list(shown(report, sort="label")) == ["a", "b", "C", "d"]
    assert list(shown(report, sort="none")) == ["b", "a", "C", "d"]


def test_a_widgets_order_replaces_the_default_order():
    report = totals(b=1, a=2)
    assert [s.label for s in clean(report, default_sort="value")[0].series] == ["a", "b"]
    assert [s.label for s in clean(report, default_sort="value", sort="none")[0].series] == ["b", "a"]


def test_it_keeps_the_largest_in_the_order_they_have():
    report, dropped = clean(totals(a=1, b=9, c=5, d=7), top=2)
    assert [series.label for series in report.series] == ["b", "d"]
    assert dropped == [Dropped("a", "top", 1), Dropped("c", "top", 5)]


def test_it_sums_the_rest_as_other_and_puts_it_last():
    report = dated(a=(1, 0), b=(9, 9), c=(0, 4), d=(None, 2))
    assert shown(report, top=1, other=True) == {"b": (9, 9), OTHER: (1, 6)}
    assert clean(report, top=1, other=True)[1] == []
    assert shown(report, top=4, other=True) == shown(report)


def test_cleaning_comes_before_excluding_then_renaming_then_sorting():
    report = totals(**{"": 100, "US": 50, "USA": 30, "FR": 40, "DE": 10, "IT": 5, "test": 99})
    report, dropped = clean(
        report,
        exclude=("test", "America"),
        rename={"US": "America", "USA": "America", "": "Nobody", "test": "Proof"},
        sort="value",
        top=2,
        other=True,
    )
    assert [(series.label, series.total) for series in report.series] == [("America", 80), ("FR", 40), (OTHER, 15)]
    assert dropped == [Dropped("", "clean", 100), Dropped("test", "exclude", 99)]


labels = st.sampled_from(["", "undefined", "a", "b", "c", "d", "Other", "é", "(not set)"]) | st.text(max_size=5)
value = st.none() | st.integers(-50, 10**6)
columns = st.lists(st.builds(Series, labels, st.tuples(value, value), st.none() | st.integers(0, 99)), max_size=8)
reports = st.builds(lambda series, additive: Report("dates", TWO_DAYS, tuple(series), additive), columns, st.booleans())
wishes = st.fixed_dictionaries(
    {
        "clean_labels": st.booleans(),
        "exclude": st.lists(labels, max_size=2).map(tuple),
        "rename": st.dictionaries(labels, labels.filter(str.strip), max_size=3),
        "sort": st.sampled_from(["", "value", "label", "none"]),
        "top": st.none() | st.integers(1, 5),
        "other": st.booleans(),
    }
)


def attempt(report, asked):
    try:
        return cleaned(report, asked, "none")
    except ReportError:
        assert not report.additive
        return None


@settings(deadline=None)
@given(reports, wishes)
def test_cleaning_neither_adds_nor_loses_numbers(report, wish):
    if outcome := attempt(report, spec("segmentation", **wish)):
        kept, dropped = outcome
        everything = sum(series.total for series in report.series)
        assert sum(series.total for series in kept.series) + sum(drop.total for drop in dropped) == everything
        for day in range(len(TWO_DAYS)):
            column = sum(series.values[day] or 0 for series in kept.series)
            if not dropped:
                assert column == sum(series.values[day] or 0 for series in report.series)
        assert kept.rows == report.rows and kept.additive == report.additive


@settings(deadline=None)
@given(reports, wishes)
def test_cleaning_does_not_change_the_given_report(report, wish):
    before = copy.deepcopy(report)
    attempt(report, spec("segmentation", **wish))
    assert report == before


@settings(deadline=None)
@given(reports, wishes)
def test_it_keeps_no_more_than_the_top_and_one_other(report, wish):
    asked = spec("segmentation", **wish)
    if asked.top and (outcome := attempt(report, asked)):
        kept = outcome[0].series
        assert len(kept) <= asked.top + asked.other
        if len(kept) > asked.top:
            assert kept[-1].label == OTHER
        dropped = [drop.total for drop in outcome[1] if drop.why == "top"]
        assert not dropped or min(series.total for series in kept) >= max(dropped)


@settings(deadline=None)
@given(reports, wishes)
def test_it_shows_only_labels_of_the_report_or_of_the_settings(report, wish):
    asked = spec("segmentation", **wish)
    if outcome := attempt(report, asked):
        shown = {series.label for series in outcome[0].series}
        assert shown <= {series.label for series in report.series} | set(asked.rename.values()) | {OTHER}
        if asked.clean_labels and not asked.rename:
            assert not {label.strip() for label in shown} & MEANINGLESS


@settings(deadline=None)
@given(reports, st.sampled_from(["value", "label"]))
def test_it_sorts_a_reversed_report_in_the_same_order(report, by):
    asked = spec("segmentation", sort=by, clean_labels=False)
    forth = cleaned(report, asked, "none")[0].series
    back = cleaned(report.with_series(reversed(report.series)), asked, "none")[0].series
    assert [series.label for series in forth] == [series.label for series in back]
    if by == "value":
        assert [series.total for series in forth] == sorted((s.total for s in report.series), reverse=True)


@settings(deadline=None)
@given(reports)
def test_without_settings_cleaning_changes_nothing(report):
    assert cleaned(report, spec("segmentation", clean_labels=False), "none") == (report, [])
