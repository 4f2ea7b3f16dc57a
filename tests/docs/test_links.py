"""The documentation's links to its own pages and files lead somewhere, and the files that it names exist."""

import re

from tests.docs.pages import PAGES, ROOT

LINK = re.compile(r"\]\(([^)\s]+)\)")
MENTIONED = re.compile(r"`((?:widgets|tests|docs|deploy|mixcyfe_site|benchmarks)/[\w./-]*)`")
PLACEHOLDERS = ("widgets/reports/new_type.py", "widgets/cyfe/new_chart.py")


def anchors(page: str) -> set[str]:
    """Returns the anchors that GitHub makes from the headings of a page."""
    titles = re.findall(r"^#+ (.+)$", PAGES[page], re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_link_to_a_page_or_file_leads_somewhere() -> None:
    for page, text in PAGES.items():
        folder = (ROOT / page).parent
        for link in LINK.findall(text):
            if link.startswith(("http://", "https://", "mailto:")):
                continue
            path, _, anchor = link.partition("#")
            target = (folder / path).resolve() if path else ROOT / page
            assert target.exists(), f"{page} links to {link}"
            assert not anchor or anchor in anchors(str(target.relative_to(ROOT))), f"{page} links to {link}"


def test_every_mentioned_file_exists() -> None:
    for page, text in PAGES.items():
        for name in MENTIONED.findall(text):
            assert name in PLACEHOLDERS or (ROOT / name).exists(), f"{page} mentions {name}"
