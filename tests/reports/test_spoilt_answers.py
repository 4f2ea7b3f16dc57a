"""Valid answers with random faults: the report has the sum of the answer's numbers, or the answer is refused."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import examples
from tests.reports.samples import TODAY, report_of
from tests.reports.test_wrong_answers import ASKED, RIGHT
from widgets.reports import ReadError

BAD_KEYS = ["soon", "1999-01-01", "2026-11-01", "2026-11-11", "2026-11-18", "", "Signed out", "all"]
BAD_VALUES = st.sampled_from([None, True, "NaN", "7", 7, -1.5, "x", [], {}, float("inf"), 10**300, 0])


@st.composite
def spoilt(draw, right, bad_keys):
    """Draws the valid answer with up to three faults, at any level: keys renamed, parts removed or values replaced."""
    answer = copy.deepcopy(right)
    for _ in range(draw(st.integers(1, 3))):
        parents = [parent for parent in containers(answer) if parent]
        if not parents:
            break
        parent = draw(st.sampled_from(parents))
        here = draw(st.sampled_from([*parent] if isinstance(parent, dict) else range(len(parent))))
        action = draw(st.sampled_from(["rename", "replace", "remove"]))
        if action == "replace" or isinstance(parent, list):
            parent[here] = draw(BAD_VALUES)
        elif action == "rename":
            parent[draw(st.sampled_from(bad_keys))] = parent.pop(here)
        else:
            del parent[here]
    return answer


def containers(node):
    if isinstance(node, dict | list):
        yield node
        for inner in node.values() if isinstance(node, dict) else node:
            yield from containers(inner)


def total_in(kind, answer):
    """The sum of all numbers in the answer that belong to the query.

    This function does not use the readers that it tests. It counts everything that `numbers_in` finds.
    """
    body = answer.get("results" if kind in ("sum", "average") else "data", answer)
    if kind == "saved_report":
        return sum(numbers_in(answer["series"], ignored=()))
    if kind == "breakdown":
        return sum(sum(numbers_in(points)) for points in body["values"].values())
    if kind in ("events", "segmentation"):
        return sum(sum(numbers_in(body["values"].get(event, {}))) for event in ASKED[kind].events)
    return sum(numbers_in(body))


NEIGHBOURS = ("2026-11-11", "2026-11-18")
"""The days right before and after the range. Reports leave the numbers of these days out without an error."""


def numbers_in(node, ignored=NEIGHBOURS):
    if isinstance(node, dict):
        # Beside the numbers of a step or cohort, other numbers are allowed, for example durations.
        of_its_own = {"count", "first", "counts"} & set(node)
        for key, inner in node.items():
            if key not in ignored and (not of_its_own or key in of_its_own):
                yield from numbers_in(inner, ignored)
    elif isinstance(node, list):
        for inner in node:
            yield from numbers_in(inner, ignored)
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield node
    elif node == "7":
        yield 7


@pytest.mark.parametrize("kind", sorted(set(RIGHT) - {"one bucket"}))
@settings(max_examples=examples(150), deadline=None)
@given(pick=st.data())
def test_a_spoilt_answer_is_refused_or_the_report_has_the_sum_of_its_numbers(kind, pick):
    answer = pick.draw(spoilt(RIGHT[kind], BAD_KEYS))
    try:
        report = report_of(ASKED[kind], answer, TODAY)
    except ReadError as error:
        assert str(error).startswith("Mixpanel") and str(error).endswith(".")
        return
    assert sum(series.total for series in report.series) == pytest.approx(total_in(kind, answer))
