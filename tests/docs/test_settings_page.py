"""docs/settings.md and .env.example name the settings that the code reads."""

import re

from tests.docs.pages import PAGES, ROOT

READ = re.findall(r'setting\(\s*"([A-Z_]+)"', (ROOT / "mixcyfe_site/settings.py").read_text())


def test_the_example_names_exactly_the_settings() -> None:
    example = (ROOT / ".env.example").read_text()
    assert set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)) == set(READ)


def test_the_page_names_every_setting() -> None:
    assert [name for name in READ if f"`{name}`" not in PAGES["docs/settings.md"]] == []
