"""Every chart beside each other, light and dark, to be looked at: python -m tests.pictures.contact_sheet OUT.html

The two halves are frames with a colour scheme of their own, which an image in them follows as it follows the
viewer's. With --png OUT.png, Chromium takes a picture of the page.
"""

import argparse
import base64
import html
import time
from collections.abc import Iterator
from pathlib import Path

from tests.charts.samples import COUNTRIES, cohorts, dated, days, months, steps, total, waves
from widgets.charts import draw
from widgets.cyfe.drawing import Drawing
from widgets.report import Report, Series

NAMES = ("United States", "Germany", "France", "Brazil", "India", "Japan", "Spain", "(not set)")
CHROMIUM = "/usr/bin/chromium"

Case = tuple[str, Report, Drawing]


def time_series() -> Iterator[Case]:
    one, three, many = waves(1, 30), waves(3, 30), waves(60, 90)
    for chart in ("line", "spline", "area", "areaspline", "stackedarea"):
        yield chart, dated(NAMES[:3], three), Drawing(chart)
    for chart in ("column", "stackedcolumn", "stackedpercentagecolumn", "bar", "stackedbar"):
        columns = [column[:12] for column in three]
        yield chart, dated(NAMES[:3], columns), Drawing(chart)
    yield "line, one series", dated(["Signed up"], one), Drawing("line")
    yield "column, 30 days", dated(["Signed up"], one), Drawing("column")
    yield "bar, 30 days", dated(["Signed up"], one), Drawing("bar")
    labels = [f"Value number {i}" for i in range(60)]
    for chart in ("line", "stackedarea", "stackedcolumn", "column", "stackedbar"):
        yield f"{chart}, 60 × 90", dated(labels, many), Drawing(chart)
    yield "spline, 400 days", dated(NAMES[:2], waves(2, 400)), Drawing("spline")
    yield "months", dated(NAMES[:2], waves(2, 18), months(18)), Drawing("areaspline")
    yield "weeks", dated(NAMES[:2], waves(2, 26), days(26, step=7)), Drawing("column")
    mixed = {"types": ["column", "column", "line"]}
    yield "mixed types", dated(NAMES[:3], [column[:14] for column in three]), Drawing("line", options=mixed)
    yield "area under line", dated(NAMES[:2], waves(2, 60)), Drawing("line", options={"types": ["area", "spline"]})
    pair = [one[0], tuple(v * 91.7 for v in waves(1, 30, seed=2)[0])]
    yield "own axes", dated(["Signed up", "Revenue"], pair), Drawing("line", options={"shared_axis": False})
    mixed = {"shared_axis": False, "types": ["column", "spline"]}
    yield "own axes, mixed", dated(["Signed up", "Revenue"], pair), Drawing("column", options=mixed)
    yield "show labels", dated(NAMES[:2], [c[:14] for c in three[:2]]), Drawing("line", options={"show_labels": True})
    for chart in ("column", "stackedcolumn", "bar", "stackedpercentagecolumn"):
        columns = [column[:9] for column in three]
        yield f"{chart}, labels", dated(NAMES[:3], columns), Drawing(chart, options={"show_labels": True})
    yield "upside down", dated(NAMES[:2], three[:2]), Drawing("area", options={"reverse_graph": True})
    yield "axis 600–1200", dated(NAMES[:2], three[:2]), Drawing("line", options={"axis_min": 600, "axis_max": 1200})
    signs = [[5, -3, 8, -6, 2, 4, -1], [2, 4, -3, 5, -7, 1, 1]]
    for chart in ("line", "column", "stackedcolumn", "bar"):
        yield f"{chart}, negative", dated(NAMES[:2], signs), Drawing(chart)
    yield "one point", dated(NAMES[:2], [[5], [3]]), Drawing("line")
    yield "one column", dated(NAMES[:2], [[5], [3]]), Drawing("column")
    yield "zeros", dated(["Signed up"], [[0] * 10]), Drawing("line")
    yield "shares", dated(["Rate"], [[0.011, 0.012, 0.03, 0.024]]), Drawing("spline")


def others() -> Iterator[Case]:
    countries = dict(zip(NAMES, (4820, 2103, 1532, 1201, 902, 310, 105, 20), strict=True))
    names = {"labels_name": "Country", "values_name": "Signed up"}
    for chart in ("pie", "donut", "list", "table"):
        yield chart, total(countries, **names), Drawing(chart)
    crowd = {f"Campaign {i} of a long name that goes on": 4000 // (i + 1) for i in range(200)}
    for chart in ("pie", "list", "table"):
        yield f"{chart}, 200", total(crowd, **names), Drawing(chart)
    yield "pie, two", total({"Yes": 70, "No": 30}, **names), Drawing("pie")
    yield "donut, zeros", total({"Yes": 0, "No": 0}, **names), Drawing("donut")
    yield "table of dates", dated(NAMES[:4], waves(4, 10)), Drawing("table")
    yield "table, 30 × 60", dated([f"Series {i}" for i in range(60)], waves(60, 30)), Drawing("table")
    funnel = {"App open": 32688, "Registered": 20524, "Game played": 15120, "Bought something": 1210}
    yield "funnel", steps(funnel), Drawing("funnel")
    long = {f"Step {i + 1}": 32688 // (i + 1) for i in range(14)}
    yield "funnel, 14", steps(long), Drawing("funnel")
    yield "list of steps", steps(funnel), Drawing("list")
    conversion = {"Conversion": [100, 62.8, 73.7, 8], "From start": [100, 62.8, 46.3, 3.7]}
    yield "table of steps", steps(funnel, **conversion), Drawing("table")
    figure = total({"Signed up": 15234}, 13541, values_name="Signed up")
    yield "number", figure, Drawing("number", options={"comparison": True})
    yield "number, reverse", figure, Drawing("number", options={"comparison": True, "reverse": True})
    yield "number, alone", total({"Revenue": 3.1415}), Drawing("number", colors=["#ff8c00"])
    yield "number, long", total({"Revenue": 123456789012}), Drawing("number")
    yield "gauge", total({"Signed up": 1523}), Drawing("gauge", target=2000)
    yield "gauge, over", total({"Signed up": 2523}), Drawing("gauge", target=2000)
    yield "gauge, nothing", total({"Signed up": None}), Drawing("gauge", target=2000)
    yield "cohort", cohorts(9, 8), Drawing("cohort")
    yield "cohort, percent", cohorts(12, 12, percent=True), Drawing("cohort", options={"percent": True})
    yield "cohort, 40 × 31", cohorts(40, 31, sized=False), Drawing("cohort", colors=["#009e73"])
    yield "map", total(COUNTRIES, **names), Drawing("map")
    yield "map, few", total({"FR": 30, "QA": 12, "XX": 3}, **names), Drawing("map", colors=["#d55e00"])
    yield "empty", Report("dates", days(3), ()), Drawing("line")
    hostile = [
        "<script>alert(1)</script>]]>&amp;\"'",
        "\u202eevil\u202c\x00\x1b\ud800",
        "日本語のとても長いラベルはここで切られます" * 4,
        "مرحبا بالعالم",
        "👩‍👩‍👧‍👦 family",
        "Z" + "\u0301" * 60,
        "",
    ]
    columns = waves(len(hostile), 14)
    yield "hostile, line", dated(hostile, columns), Drawing("line")
    rows = Report("total", ("",), tuple(Series(label, (9 - i,)) for i, label in enumerate(hostile)))
    yield "hostile, pie", rows, Drawing("pie")
    yield "hostile, list", rows, Drawing("list")


def page(cases: list[Case]) -> str:
    frames = {}
    figures = []
    for name, report, drawing in cases:
        start = time.perf_counter()
        picture = draw(report, drawing)
        took = (time.perf_counter() - start) * 1000
        source = base64.b64encode(picture).decode()
        figures.append(
            f'<figure><img alt="" src="data:image/svg+xml;base64,{source}">'
            f"<figcaption>{html.escape(name)} · {len(picture) / 1000:.1f} kB · {took:.0f} ms</figcaption></figure>"
        )
    for scheme, ground, card, ink in (("light", "#f3f4f6", "#fff", "#555"), ("dark", "#0d1117", "#1c2128", "#aaa")):
        style = (
            f":root{{color-scheme:{scheme}}}body{{margin:0;padding:12px;background:{ground};color:{ink};"
            "font:13px system-ui;display:grid;grid-template-columns:repeat(auto-fill,minmax(420px,1fr));gap:12px}"
            f"figure{{margin:0;padding:10px;background:{card};border-radius:8px}}img{{width:100%;display:block}}"
        )
        frames[scheme] = f"<!doctype html><meta charset=utf-8><style>{style}</style>{''.join(figures)}"
    return "".join(
        f'<iframe srcdoc="{html.escape(frame)}" style="border:0;width:100%;height:{-(-len(cases) // 4) * 281 + 24}px">'
        "</iframe>"
        for frame in frames.values()
    )


def photograph(source: Path, target: Path, width: int) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": width, "height": 900})
        tab.goto(source.resolve().as_uri())
        tab.screenshot(path=target, full_page=True)
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--png", type=Path)
    parser.add_argument("--only", default="", help="cases whose name holds this")
    options = parser.parse_args()
    cases = [case for case in (*time_series(), *others()) if options.only in case[0]]
    options.out.write_text(f'<!doctype html><meta charset=utf-8><body style="margin:0">{page(cases)}')
    if options.png:
        photograph(options.out, options.png, 1780)


if __name__ == "__main__":
    main()
