"""Finds names that are not in use yet."""

from collections.abc import Callable, Container


def free_name(
    name: str,
    taken: Container[str],
    longest: int,
    ending: Callable[[int], str] = lambda number: f" ({number})" if number > 1 else "",
) -> str:
    """`name` with the first ending that gives a name outside `taken`, for example “Sign-ups (2)”.

    The result has at most `longest` characters. `ending` makes the endings from 1, 2, 3 and so on.
    """
    number = 1
    while (candidate := name[: longest - len(ending(number))] + ending(number)) in taken:
        number += 1
    return candidate
