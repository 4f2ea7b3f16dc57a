"""All addresses of the site, read from Django's URL resolver."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from django.urls import URLResolver, get_resolver


class Route(NamedTuple):
    """`path`: the pattern as in the URL configuration. `parts`: the names of its parameters."""

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
    """The address of a route, with a value for each parameter. `path`: a pattern, or a regular expression."""
    path = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda found: values[found[1]], path.rstrip("$"))
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], path)
