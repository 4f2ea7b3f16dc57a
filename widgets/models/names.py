"""Finds unused names."""

from collections.abc import Callable, Container


def free_name(
    name: str,
    taken: Container[str],
    longest: int,
    ending: Callable[[int], str] = lambda number: f" ({number})" if number > 1 else "",
) -> str:
    """`name` with the first ending that makes it unique, shortened to `longest` characters."""
    number = 1
    while (candidate := name[: longest - len(ending(number))] + ending(number)) in taken:
        number += 1
    return candidate
