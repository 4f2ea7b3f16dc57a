"""Reading a picture back, as a test sees it."""

import re
import xml.etree.ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = frozenset(SVG + tag for tag in ("svg", "title", "style", "g", "path", "rect", "circle", "text", "tspan"))
LINKS = re.compile(r"url\s*\(|@import|javascript:|data:|//", re.IGNORECASE)


def parsed(picture: bytes) -> ET.Element:
    return ET.fromstring(picture.decode())


def words(picture: bytes) -> list[str]:
    """Every text that is shown."""
    return ["".join(text.itertext()) for text in parsed(picture).iter(f"{SVG}text")]


def count(picture: bytes, tag: str) -> int:
    return sum(1 for _ in parsed(picture).iter(SVG + tag))


def assert_harmless(picture: bytes) -> None:
    """Nothing that runs, loads or links, whatever opens it."""
    root = parsed(picture)
    for element in root.iter():
        assert element.tag in SHAPES, element.tag
        for name, value in element.attrib.items():
            assert not name.startswith(("on", "{", "href", "style")), name
            assert not LINKS.search(value), (name, value)
    style = root.find(f"{SVG}style")
    assert style is not None
    assert not LINKS.search(style.text or "")
    assert re.fullmatch(r"[-\w:;,.#@(){}/ ]*", style.text or "")
