"""Property names and simple conditions, written as Mixpanel's expressions: escaped, typed, and joined with “and”."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.reports.expression_parser import parse
from widgets.reports.expressions import (
    condition,
    is_expression,
    property_expression,
    property_title,
    quoted,
    where_expression,
)
from widgets.spec import FILTER_OPS, Filter

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.text('\\"[]() \nan', max_size=12)
names = texts.filter(lambda name: not is_expression(name))
numbers = st.integers(-(10**15), 10**15) | st.floats(-1e9, 1e9, allow_nan=False).map(lambda n: round(n, 3))
values = texts | numbers | st.booleans()
filters = st.builds(Filter, names, st.sampled_from([*FILTER_OPS]), values)


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("plan", 'properties["plan"]'),
        ("$browser", 'properties["$browser"]'),
        ("my plan", 'properties["my plan"]'),
        ('say "hi"', 'properties["say \\"hi\\""]'),
        ("back\\slash", 'properties["back\\\\slash"]'),
        ("tariff[0]", 'properties["tariff[0]"]'),
        ('properties["plan"]', 'properties["plan"]'),
        (' properties["a"] + properties["b"] ', 'properties["a"] + properties["b"]'),
        ('string(properties["a"])', 'string(properties["a"])'),
        ('user["plan"]', 'user["plan"]'),
    ],
)
def test_it_wraps_a_plain_name_and_leaves_an_expression_unchanged(name, expression):
    assert property_expression(name) == expression


@settings(deadline=None)
@given(names)
@example('"] == 1 or ("x" == "x')
@example("\\")
@example('\\"')
def test_it_escapes_any_name_so_that_it_reads_back(name):
    assert parse(property_expression(name)) == ("property", name)
    assert property_title(property_expression(name)) == name


@settings(deadline=None)
@given(texts)
def test_it_escapes_any_text_so_that_it_reads_back(text):
    assert parse(quoted(text)) == text


@pytest.mark.parametrize(
    ("asked", "expression"),
    [
        (Filter("plan", "is", "Team"), 'properties["plan"] == "Team"'),
        (Filter("plan", "is", "5"), 'properties["plan"] == "5"'),
        (Filter("seats", "is", 5), 'properties["seats"] == 5'),
        (Filter("paid", "is", True), 'properties["paid"] == true'),
        (Filter("paid", "is_not", False), 'properties["paid"] != false'),
        (Filter("amount", "gt", 9.5), 'properties["amount"] > 9.5'),
        (Filter("amount", "lt", -3), 'properties["amount"] < -3'),
        (Filter("url", "contains", "/pay"), '"/pay" in properties["url"]'),
        (Filter("url", "contains", 5), '"5" in properties["url"]'),
        (Filter("url", "not_contains", 'a"b'), 'not ("a\\"b" in properties["url"])'),
        (Filter("plan", "set"), 'defined (properties["plan"])'),
        (Filter("plan", "not_set"), 'not (defined (properties["plan"]))'),
        (Filter('user["plan"]', "is", "Team"), 'user["plan"] == "Team"'),
    ],
)
def test_it_writes_simple_conditions(asked, expression):
    assert condition(asked) == expression


def test_it_refuses_unknown_conditions():
    with pytest.raises(ValueError, match="unknown condition 'like'"):
        condition(Filter("plan", "like", "T"))


def meant(asked):
    name, op, value = ("property", asked.property), asked.op, asked.value
    text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return {
        "is": ("==", name, value),
        "is_not": ("!=", name, value),
        "gt": (">", name, value),
        "lt": ("<", name, value),
        "contains": ("in", text, name),
        "not_contains": ("not", ("in", text, name)),
        "set": ("defined", name),
        "not_set": ("not", ("defined", name)),
    }[op]


def same(one, other):
    """Whether two values are equal and have equal types at every level: `5` differs from `"5"`, and `1` from `True`."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and type(one) is type(other)


@settings(deadline=None)
@given(filters)
def test_it_writes_conditions_that_mean_what_was_asked(asked):
    assert same(parse(condition(asked)), meant(asked))


@settings(deadline=None)
@given(st.lists(filters, max_size=4), st.sampled_from(["", "  ", 'properties["x"] == 1', ' (properties["y"] > 2) ']))
def test_it_joins_all_conditions_and_the_expression_with_and(asked, where):
    parts = [meant(one) for one in asked] + ([parse(where)] if where.strip() else [])
    written = where_expression(asked, where)
    if not parts:
        assert written == ""
    else:
        assert same(parse(written), parts[0] if len(parts) == 1 else ("and", *parts))


def test_it_puts_parentheses_around_an_or_beside_a_filter():
    where = 'properties["a"] == 1 or properties["b"] == 2'
    assert where_expression([Filter("plan", "set")], where) == (f'(defined (properties["plan"])) and ({where})')
    assert where_expression([], where) == where


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("plan", "plan"),
        ('properties["plan"]', "plan"),
        (' properties["say \\"hi\\""] ', 'say "hi"'),
        ('properties["a"] + properties["b"]', 'properties["a"] + properties["b"]'),
        ('user["plan"]', 'user["plan"]'),
    ],
)
def test_it_titles_a_breakdown_by_its_property(name, title):
    assert property_title(name) == title
