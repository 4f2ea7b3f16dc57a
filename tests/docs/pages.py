"""Reads the pages of the documentation for tests."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("deploy/*.md")])
}
BLOCK = re.compile(r"^( *)```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def commands(page: str) -> list[str]:
    """Returns every command in the ```sh blocks of a page. Continued lines become one line."""
    found = []
    for _, block in BLOCK.findall(PAGES[page]):
        lines = block.replace("\\\n", " ").splitlines()
        found += [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    return found
