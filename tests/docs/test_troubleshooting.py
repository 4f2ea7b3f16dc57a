"""docs/troubleshooting.md has what a person can see, and nothing that nobody can see any more."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.docs.pages import PAGES, ROOT, tables
from widgets.mixpanel import errors
from widgets.mixpanel.errors import MixpanelError
from widgets.refresh.quota import Refusal
from widgets.refresh.run import Outcome

PAGE = PAGES["docs/troubleshooting.md"]
TABLES = tables("docs/troubleshooting.md")
FROM_THE_CODE = (
    "Mixpanel says no",
    "A widget can't be refreshed now",
    "The data came, but can't be drawn",
    "It does not start",
)


def kinds_of_errors(root: type[MixpanelError] = MixpanelError) -> Iterator[type[MixpanelError]]:
    for kind in root.__subclasses__():
        yield kind
        yield from kinds_of_errors(kind)


def beginnings(path: str) -> Iterator[str]:
    """Every text in a module as far as it is fixed: up to the first thing that is put in."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            yield node.value if isinstance(node.value, str) else node.value.decode(errors="replace")
        elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            yield str(node.values[0].value)


def everything_said() -> str:
    sources = [*ROOT.glob("widgets/**/*.py"), *ROOT.glob("mixcyfe_site/*.py")]
    said = [" ".join(beginnings(str(path.relative_to(ROOT)))) for path in sources]
    said += [path.read_text() for path in (*ROOT.glob("widgets/templates/**/*.html"), ROOT / "Makefile")]
    return " ".join("\n".join(said).split())


REPORT_TYPES = sorted(set(kinds_of_errors()), key=lambda kind: kind.__qualname__)


@pytest.mark.parametrize("kind", REPORT_TYPES, ids=lambda kind: kind.kind)
def test_it_has_the_advice_for_every_error(kind: type[MixpanelError]) -> None:
    assert kind.advice.rstrip(".") in PAGE


@pytest.mark.parametrize("lead", sorted({lead for _, lead in (*errors._MESSAGES.values(), *errors._STATUSES.values())}))
def test_it_has_what_mixpanel_refused(lead: str) -> None:
    assert f"| {lead} |" in PAGE


@pytest.mark.parametrize("ended", [*Refusal, *Outcome], ids=lambda ended: ended.name)
def test_it_has_every_way_in_which_a_refresh_ends(ended: Refusal | Outcome) -> None:
    assert f"| {ended.value}" in PAGE


def test_it_has_every_trouble_on_the_way_to_mixpanel() -> None:
    said = {re.sub(r" \(.*|\.$", "", text) for text in beginnings("widgets/mixpanel/client.py")}
    told = {text.strip() for text in said if text.startswith(("Mixpanel", "The connection")) and len(text.split()) > 3}
    assert len(told) > 3, "client.py says so little?"
    for text in told:
        assert text in PAGE, text


@pytest.mark.parametrize("section", FROM_THE_CODE)
def test_what_one_sees_is_what_is_said(section: str) -> None:
    everything = everything_said()
    for row in TABLES[section]:
        seen = row[0].strip("`").removeprefix("/healthz`: ")
        words = re.split(r"…| \(or|\d{3}|\.env", seen)[0].strip()
        # What follows these words is put in from elsewhere.
        assert words in everything or words.removeprefix("Mixpanel's answer ") in everything, f"nobody says: {words}"
