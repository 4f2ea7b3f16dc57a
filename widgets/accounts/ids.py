"""Checks ids from requests: they may be no numbers, or numbers that are too large for a database."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import BigAutoField, Model

LONGEST = len(str(BigAutoField.MAX_BIGINT))


def is_id(text: str) -> bool:
    """True if a row could have this id. Python refuses thousands of digits, and SQLite more than 64 bits."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST and int(text) <= BigAutoField.MAX_BIGINT


if TYPE_CHECKING:
    SeveralRows = forms.ModelMultipleChoiceField[Model]
else:
    SeveralRows = forms.ModelMultipleChoiceField


class RowsField(SeveralRows):
    """A choice of rows. An impossible id is an invalid choice, like the id of a missing row."""

    def clean(self, value: Any) -> Any:
        if isinstance(value, Iterable):
            for each in value:
                if not is_id(str(each)):
                    raise ValidationError(
                        self.error_messages["invalid_pk_value"],
                        code="invalid_pk_value",
                        params={"pk": str(each)[:LONGEST]},
                    )
        return super().clean(value)
