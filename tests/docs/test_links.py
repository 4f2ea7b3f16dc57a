"""What the documentation points at is there."""

import re

import pytest

from tests.docs.pages import PAGES, ROOT

LINK = re.compile(r"\]\(([^)\s]+)\)")
MENTIONED = re.compile(r"`((?:widgets|tests|docs|deploy|mixcyfe_site|benchmarks)/[\w./-]*)`")
PLACEHOLDERS = ("widgets/reports/new_type.py", "widgets/cyfe/new_chart.py")


def anchors(page: str) -> set[str]:
    """As GitHub makes them of headings."""
    titles = re.findall(r"^#+ (.+)$", PAGES[page], re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES)
def test_its_links_lead_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    for link in LINK.findall(PAGES[page]):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (folder / path).resolve() if path else ROOT / page
        assert target.exists(), f"{page} links to {link}"
        name = str(target.relative_to(ROOT))
        assert not anchor or anchor in anchors(name), f"{page} links to {link}"


@pytest.mark.parametrize("page", PAGES)
def test_the_files_that_it_mentions_are_there(page: str) -> None:
    for name in MENTIONED.findall(PAGES[page]):
        assert name in PLACEHOLDERS or (ROOT / name).exists(), f"{page} mentions {name}"


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("docs/") and page != "docs/README.md"])
def test_the_index_lists_it(page: str) -> None:
    assert f"({page.removeprefix('docs/')})" in PAGES["docs/README.md"]
