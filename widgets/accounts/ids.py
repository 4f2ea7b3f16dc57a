"""Ids as people send them: texts that need not be numbers, nor numbers that a database can hold."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import BigAutoField, Model

LONGEST = len(str(BigAutoField.MAX_BIGINT))


def is_id(text: str) -> bool:
    """Whether a row could have this id. Python refuses to read thousands of digits, SQLite more than 64 bits."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST and int(text) <= BigAutoField.MAX_BIGINT


if TYPE_CHECKING:
    SeveralRows = forms.ModelMultipleChoiceField[Model]
else:
    SeveralRows = forms.ModelMultipleChoiceField


class RowsField(SeveralRows):
    """Several rows. An id that no row can have is a wrong choice, as is the id of a row that there is not."""

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
