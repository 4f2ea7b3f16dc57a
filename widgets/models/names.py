"""Finds names that are not in use yet."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet


def free_name(
    name: str,
    rows: QuerySet[Any],
    field: str = "title",
    ending: Callable[[int], str] = lambda number: f" ({number})" if number > 1 else "",
) -> str:
    """Adds an ending to `name`, so that no row has the result in `field`. For example, “Sign-ups” → “Sign-ups (2)”.

    `ending` makes an ending from a number: first from 1 (empty by default), then from 2, and so on. The result is cut
    to the length that the field allows.
    """
    taken, column = set(rows.values_list(field, flat=True)), rows.model._meta.get_field(field)
    number = 1
    while (candidate := name[: column.max_length - len(ending(number))] + ending(number)) in taken:
        number += 1
    return candidate
