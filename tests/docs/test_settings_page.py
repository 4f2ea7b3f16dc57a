"""docs/settings.md lists every setting with its default, as .env.example and the code have it."""

import re

from tests.docs.pages import PAGES, ROOT

EXAMPLE = dict(
    line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if re.match(r"[A-Z_]+=", line)
)
LISTED = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+?) \|", PAGES["docs/settings.md"], re.MULTILINE))


def test_it_lists_what_the_example_does() -> None:
    assert list(LISTED) == list(EXAMPLE)


def test_it_lists_what_the_code_reads() -> None:
    read = re.findall(r'setting\(\s*"([A-Z_]+)"', (ROOT / "mixcyfe_site/settings.py").read_text())
    assert set(LISTED) == set(read)


def test_its_defaults_are_the_examples() -> None:
    for name, default in LISTED.items():
        if default in ("required", "empty"):
            assert EXAMPLE[name] == ""
        else:
            assert default == f"`{EXAMPLE[name]}`", name
