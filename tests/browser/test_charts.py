"""Charts in a browser, with the site's Content-Security-Policy: all chart types, and data that is hard to draw."""

import json
from datetime import date, timedelta
from html import escape
from typing import Any

import pytest

from tests.browser.board import OVERFLOWS
from tests.browser.conftest import NARROW, OpenPage, expect
from tests.charts.samples import figure
from widgets.charts import OPTIONS
from widgets.cyfe import LAYOUTS
from widgets.report import Report, Series
from widgets.web.middleware import POLICY

pytestmark = pytest.mark.browser

LABELS = ["Free", "{a|b} <b>x</b>", "مرحبا بالعالم", "😀", "L" * 255]
COLORS = (
    "(canvas) => { const all = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;"
    " const found = new Set(); for (let i = 0; i < all.length; i += 4) if (all[i + 3] > 200)"
    " found.add(`${all[i]},${all[i + 1]},${all[i + 2]}`); return found.size > 5; }"
)
"""JavaScript: whether a canvas has more than five colours, which means that a chart is drawn there."""

RUNS = (
    "(canvas, color) => { const { width, height } = canvas; const all = canvas.getContext('2d')"
    ".getImageData(0, 0, width, height).data; const is = (x, y) => color.every((one, i) => "
    "Math.abs(all[4 * (y * width + x) + i] - one) < 12); let most = 0; for (let y = 0; y < height; y += 1) {"
    " let runs = 0; for (let x = 1; x < width; x += 1) if (is(x, y) && !is(x - 1, y)) runs += 1;"
    " most = Math.max(most, runs); } return most; }"
)
"""JavaScript: in the row of pixels where this colour begins most often, how often it begins. It begins at each dash."""


def report_for(chart: str, rows: int = 30) -> Report:
    kind = LAYOUTS[chart].row_kinds[0]
    if kind == "dates":
        days = tuple(date(2026, 11, 1) + timedelta(days=i) for i in range(rows))
        series = [Series(label, tuple((i + 1) * (k + 1) for i in range(rows))) for k, label in enumerate(LABELS)]
        return Report("dates", days, tuple(series), additive=True)
    if kind == "steps":
        return Report("steps", tuple(LABELS), (Series("Count", (500, 400, 40, 4, 0)),), labels_name="Step")
    labels = ["US", "FR", "SG"] if chart == "map" else LABELS[:1] if chart in ("number", "gauge") else LABELS
    return Report("total", ("",), tuple(Series(label, (9 - k,), 5) for k, label in enumerate(labels)), additive=True)


@pytest.fixture
def gallery(open_page: OpenPage) -> Any:
    """A function that opens a page with the charts of these figures."""

    def show(*figures: dict[str, Any], **how: Any) -> Any:
        boxes = "".join(
            f'<section aria-label="{escape(each["title"])}"><div class="chart"><script type="application/json">'
            f"{json.dumps(each).replace('<', chr(92) + 'u003c')}</script></div></section>"
            for each in figures
        )
        html = (
            '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Gallery</title><link rel="icon" href="data:,">'
            '<link rel="stylesheet" href="/static/widgets/charts/chart.css">'
            f'<script type="module" src="/static/widgets/charts/chart.js"></script><main>{boxes}</main></html>'
        )
        page = open_page("about:blank", **how)
        headers = {"Content-Security-Policy": POLICY}
        page.route("**/gallery", lambda route: route.fulfill(body=html, content_type="text/html", headers=headers))
        page.goto("/gallery")
        return page

    return show


def test_every_type_is_drawn(gallery: Any) -> None:
    page = gallery(*(figure(report_for(chart), chart, chart) for chart in LAYOUTS), theme="dark", viewport=NARROW)
    for chart in LAYOUTS:
        box = page.get_by_role("region", name=chart, exact=True).first
        box.scroll_into_view_if_needed()
        if chart in OPTIONS:
            box.locator("canvas").first.wait_for()
            page.wait_for_function(
                f"(node) => [...node.querySelectorAll('canvas')].some(({COLORS}))", arg=box.element_handle()
            )
            assert chart[:4] in box.get_by_role("img").get_attribute("aria-label").replace(" ", "")
        elif chart == "number":
            box.get_by_text("9", exact=True).wait_for()
        else:
            box.get_by_role("row").nth(4).wait_for()
    assert not page.evaluate(OVERFLOWS)


def test_a_keyboard_switches_series_off_and_opens_the_numbers(gallery: Any) -> None:
    page = gallery(figure(report_for("line", rows=3), "line", "Signups"))
    free = page.get_by_role("button", name="Free")
    free.focus()
    page.keyboard.press("Enter")
    expect(free).to_have_attribute("aria-pressed", "false")
    page.get_by_text("Numbers as a table").focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("table", name="Signups")
    expect(table.get_by_role("columnheader")).to_have_text(["Date", *LABELS])
    third = table.get_by_role("row", name="Nov 3, 2026").get_by_role("cell")
    expect(third).to_have_text(["3", "6", "9", "12", "15"])


@pytest.mark.parametrize(("locale", "text"), [("en-US", "1,234,567"), ("de-DE", "1.234.567")])
def test_numbers_follow_the_readers_locale(gallery: Any, locale: str, text: str) -> None:
    big = Report("total", ("",), (Series("Signed up", (1234567,), 0),), additive=True)
    gallery(figure(big, "number", "n"), own=True, locale=locale).get_by_text(text, exact=True).wait_for()


def test_data_that_can_not_be_drawn_is_explained_beside_its_numbers(gallery: Any) -> None:
    negative = Report("total", ("",), (Series("a", (-1,), 0), Series("b", (2,), 0)), additive=True)
    nothing = Report("steps", (), ())
    zeros = Report("dates", (date(2026, 11, 1),), (Series("a", (0,)),), additive=True)
    page = gallery(figure(negative, "pie", "p"), figure(nothing, "table", "t"), figure(zeros, "line", "z"))
    page.get_by_text("A pie can't show negative values. Choose another chart.").wait_for()
    page.get_by_text("No data in this range.").wait_for()
    page.get_by_text("All values are zero.").wait_for()
    page.get_by_text("Numbers as a table").first.click()
    page.get_by_role("row", name="a -1").wait_for()


def test_a_list_and_a_table_without_all_rows_say_so(gallery: Any) -> None:
    names = tuple(f"step {i}" for i in range(2001))
    long = Report("steps", names, (Series("Count", tuple(range(2001))),), labels_name="Step")
    page = gallery(*(figure(long, chart, chart) for chart in ("list", "table")))
    for chart in ("list", "table"):
        box = page.locator(".chart").nth(("list", "table").index(chart))
        box.scroll_into_view_if_needed()
        box.get_by_text("The table shows the first 2,000 of 2,001 rows. The CSV has all of them.").wait_for()


def test_the_period_before_is_dashed(gallery: Any) -> None:
    days = tuple(date(2026, 11, 1) + timedelta(days=i) for i in range(30))
    shown = figure(Report("dates", days, (Series("a", (1,) * 30, before=(3,) * 30),)), "line", "overlaid")
    canvas = gallery(shown).locator("canvas").first
    canvas.wait_for()
    now, before = ([int(pair[0][at : at + 2], 16) for at in (1, 3, 5)] for pair in shown["colors"])
    canvas.page.wait_for_function(
        f"([canvas, now, before]) => ({RUNS})(canvas, now) === 1 && ({RUNS})(canvas, before) > 20",
        arg=[canvas.element_handle(), now, before],
    )
