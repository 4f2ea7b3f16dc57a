"""Every address that the site answers, out of Django's URL resolver."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from django.urls import URLResolver, get_resolver


class Route(NamedTuple):
    """`path` as it is written down, `parts` its converters by name."""

    path: str
    parts: tuple[str, ...]


def every_route(resolver: URLResolver | None = None, before: str = "") -> Iterator[Route]:
    for entry in (resolver or get_resolver()).url_patterns:
        path = before + str(entry.pattern).lstrip("^")
        if isinstance(entry, URLResolver):
            yield from every_route(entry, path)
        else:
            yield Route(path, tuple(re.findall(r"<(?:\w+:)?(\w+)>", path)))


def fill(path: str, values: dict[str, str]) -> str:
    """The address, with a value for each converter and each group of an expression."""
    path = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda found: values[found[1]], path.rstrip("$"))
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], path)
