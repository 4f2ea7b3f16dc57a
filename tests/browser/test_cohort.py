"""The texts in a cohort chart. ECharts draws them with the canvas method `fillText`, so the test records its calls."""

import pytest

from tests.browser.board import fetch, new_widget
from tests.browser.conftest import NARROW, WIDE, OpenPage
from widgets.models import Project

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LISTEN = """
window.drawn = [];
const fillText = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...more) {
  window.drawn.push(String(text));
  return fillText.call(this, text, ...more);
};
"""


@pytest.mark.parametrize(("viewport", "decimals"), [(WIDE, True), (NARROW, False)])
def test_columns_have_a_unit_and_percentages_have_decimals_only_if_they_fit(
    open_page: OpenPage, acme: Project, viewport: dict[str, int], decimals: bool
) -> None:
    kind = {"report": "retention", "born_event": "Signed up", "chart": "cohort", "options": {"percent": True}}
    widget = new_widget(acme, title="Who comes back", **kind)
    fetch(widget)
    page = open_page(f"/w/{widget.slug}", viewport=viewport)
    page.add_init_script(LISTEN)
    page.reload()
    page.wait_for_function("() => window.drawn.includes('Day 0')")
    page.wait_for_function("() => window.drawn.filter((text) => text.endsWith('%')).length >= 5")
    percents = [text for text in page.evaluate("window.drawn") if text.endswith("%")]
    assert any("." in text for text in percents) is decimals
