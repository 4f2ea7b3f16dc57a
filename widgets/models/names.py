"""Finds names that are not in use yet."""

from collections.abc import Callable, Container


def free_name(
    name: str,
    taken: Container[str],
    longest: int,
    ending: Callable[[int], str] = lambda number: f" ({number})" if number > 1 else "",
) -> str:
    """Adds an ending to `name`, so that the result is not in `taken`. For example, “Sign-ups” becomes “Sign-ups (2)”.

    `ending` makes an ending from a number: first from 1 (empty by default), then from 2, and so on. The result has at
    most `longest` characters.
    """
    number = 1
    while (candidate := name[: longest - len(ending(number))] + ending(number)) in taken:
        number += 1
    return candidate
