"""docs/settings.md lists the same settings as .env.example and the code, with the defaults of .env.example."""

import re

from tests.docs.pages import PAGES, ROOT

EXAMPLE = dict(
    line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if re.match(r"[A-Z_]+=", line)
)
LISTED = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+?) \|", PAGES["docs/settings.md"], re.MULTILINE))


def test_it_lists_the_settings_of_the_example() -> None:
    assert list(LISTED) == list(EXAMPLE)


def test_it_lists_the_settings_that_the_code_reads() -> None:
    read = re.findall(r'setting\(\s*"([A-Z_]+)"', (ROOT / "mixcyfe_site/settings.py").read_text())
    assert set(LISTED) == set(read)


def test_its_defaults_are_the_examples() -> None:
    for name, default in LISTED.items():
        if default in ("required", "empty"):
            assert EXAMPLE[name] == ""
        else:
            assert default == f"`{EXAMPLE[name]}`", name
