"""Checks that the keys in FIELD_ENCRYPTION_KEYS decrypt every stored secret. Sessions are not checked."""

from collections import Counter
from collections.abc import Iterator

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from widgets.management.doctor.finding import Finding, count, fix, ok
from widgets.models import NoticeAddress, Project

LOST = 0


def keys() -> Iterator[Finding]:
    fernets = [Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS]
    opened: Counter[int] = Counter()
    lost: Counter[str] = Counter()
    for kind, token in stored_secrets():
        place = first_key(token, fernets)
        opened[place] += 1
        lost[kind] += place == LOST
    if opened[LOST]:
        kinds = ", ".join(f"{kind}: {number}" for kind, number in sorted(lost.items()) if number)
        yield fix(
            "keys",
            f"no key decrypts {opened[LOST]} of {count(opened.total(), 'stored secret')} ({kinds}): put the lost key "
            "back into FIELD_ENCRYPTION_KEYS, or enter these secrets again.",
        )
    else:
        yield ok("keys", f"the keys decrypt all stored secrets (number of secrets: {opened.total()}).")
    for place in range(2, len(fernets) + 1):
        if opened[place]:
            yield ok(
                "keys",
                f"key {place} is still needed for {count(opened[place], 'secret')}. Before you remove the key, run "
                "manage.py rotate_encryption_keys.",
            )
        else:
            yield ok(
                "keys", f"no secret needs key {place} any more: you can remove this key from FIELD_ENCRYPTION_KEYS."
            )


def stored_secrets() -> Iterator[tuple[str, str]]:
    """Yields (kind, encrypted text), but no sessions: if no key decrypts them, people only have to log in again."""
    for secret in Project.objects.values_list("secret", flat=True).iterator():
        if secret:
            yield "projects", secret.token
    for factor in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).iterator():
        name = "secret" if factor.type == Authenticator.Type.TOTP else "seed"
        yield "second factors", str(factor.data.get(name, ""))
    for url in NoticeAddress.objects.values_list("url", flat=True).iterator():
        yield "addresses of notices", url.token


def first_key(token: str, fernets: list[Fernet]) -> int:
    """The number of the first key that decrypts the token, counted from 1, or LOST if no key does."""
    for place, fernet in enumerate(fernets, 1):
        try:
            fernet.decrypt(token.encode())
        except InvalidToken:
            continue
        return place
    return LOST
