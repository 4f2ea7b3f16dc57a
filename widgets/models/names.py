"""Finds names that are not in use yet."""

from collections.abc import Callable, Container


def free_name(
    name: str,
    taken: Container[str],
    longest: int,
    ending: Callable[[int], str] = lambda number: f" ({number})" if number > 1 else "",
) -> str:
    """Returns `name`, with an ending such as “ (2)” if `name` is in `taken` already.

    The result has at most `longest` characters. `ending` makes the ending from a number, which is 1 at first.
    """
    number = 1
    while (candidate := name[: longest - len(ending(number))] + ending(number)) in taken:
        number += 1
    return candidate
