"""Stores secrets encrypted with Fernet. The first key in FIELD_ENCRYPTION_KEYS encrypts, every key can decrypt.

https://cryptography.io/en/latest/fernet/#cryptography.fernet.MultiFernet
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class SecretLost(Exception):
    """No key in FIELD_ENCRYPTION_KEYS decrypts this secret."""

    def __init__(self) -> None:
        super().__init__(
            "The stored secret can't be read with the keys in FIELD_ENCRYPTION_KEYS. "
            "Put the lost key back into that setting, or enter the secret again."
        )


class Encrypted:
    """An encrypted secret. Only the methods `reveal…` return its plain text. Printing the object does not show it."""

    __slots__ = ("token",)

    def __init__(self, token: str) -> None:
        self.token = token

    def reveal(self) -> str:
        try:
            return keyring(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(self.token.encode()).decode()
        except InvalidToken:
            raise SecretLost from None

    def reveal_or_empty(self) -> str:
        """Returns "" if no secret is stored, or if no key decrypts it."""
        try:
            return self.reveal()
        except SecretLost:
            return ""

    def rotated(self) -> "Encrypted":
        """The same secret, encrypted with the first key."""
        try:
            return Encrypted(keyring(tuple(settings.FIELD_ENCRYPTION_KEYS)).rotate(self.token.encode()).decode())
        except InvalidToken:
            raise SecretLost from None

    def __bool__(self) -> bool:
        return bool(self.token)

    def __repr__(self) -> str:
        return "<Encrypted>" if self else "<Encrypted: empty>"


@lru_cache(maxsize=4)
def keyring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(secret: str) -> Encrypted:
    if not secret:
        return Encrypted("")
    return Encrypted(keyring(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(secret.encode()).decode())


def problem_with(token: str) -> str:
    """A message for people if the secret is missing, or if no key decrypts it; otherwise empty."""
    if not token:
        return "This project has no secret yet. Enter the secret on the project's page."
    return "" if is_readable(token, tuple(settings.FIELD_ENCRYPTION_KEYS)) else str(SecretLost())


@lru_cache(maxsize=1000)
def is_readable(token: str, keys: tuple[str, ...]) -> bool:
    """True if one of the keys decrypts the token. The result is cached, because many polls need it."""
    try:
        keyring(keys).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


if TYPE_CHECKING:
    EncryptedText = models.TextField[str | Encrypted, Encrypted]
else:
    EncryptedText = models.TextField


class EncryptedField(EncryptedText):
    """A column that stores Encrypted objects. Plain text is encrypted before it is stored."""

    def from_db_value(self, value: str | None, *_: Any) -> Encrypted:
        return Encrypted(value or "")

    def to_python(self, value: Any) -> Encrypted:
        return value if isinstance(value, Encrypted) else Encrypted(value or "")

    def get_prep_value(self, value: Any) -> str:
        if isinstance(value, Encrypted):
            return value.token
        return encrypt(value or "").token

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj))

    def get_default(self) -> Encrypted:
        return Encrypted("")
