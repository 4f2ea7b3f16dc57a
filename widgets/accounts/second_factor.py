"""Second factors: codes from an app, passkeys and recovery codes. Decides who must have one, and checks codes.

People who must have a second factor have the time GRACE to set it up, from the first page that they open without one.
After that, all pages except OPEN_PAGES redirect to their account page, where they can set it up.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import signals
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django import forms
from django.conf import settings
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from widgets.accounts import audit_log, mails
from widgets.models import AccountSecurity, Action, Role
from widgets.models.access import has_role_somewhere
from widgets.models.encrypted import SecretLost

logger = logging.getLogger(__name__)

GRACE = timedelta(days=7)
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
OPEN_PAGES = {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "end_sessions",
    "login",
    "logout",
    "jsi18n",
    "healthz",
    "single_sign_on",  # people may have to sign in again before they set up a factor
    "openid_connect_callback",
}
"""The URL names of the pages that people without a second factor can still open after GRACE."""


def due_at(user: Any) -> datetime | None:
    """The time by which this person must set up a second factor; None if the person has one or needs none.

    The caller checks REQUIRE_SECOND_FACTOR. The first call for a person who must set one up begins the time GRACE.
    """
    if not has_role_somewhere(user, Role.LEAD) or Authenticator.objects.filter(user=user, type__in=FACTORS).exists():
        return None
    known, _ = AccountSecurity.objects.get_or_create(user=user)
    if known.second_factor_asked_at is None:
        known.second_factor_asked_at = timezone.now()
        known.save(update_fields=["second_factor_asked_at"])
    return known.second_factor_asked_at + GRACE


class SecondFactorMiddleware(MiddlewareMixin):
    """Redirects people to their account page after their `due_at`. The request holds this time for the templates."""

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not settings.REQUIRE_SECOND_FACTOR or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        due = due_at(request.user) if request.user.is_authenticated else None
        if due is None:
            return None
        request.second_factor_due = due
        request.second_factor_overdue = due <= timezone.now()
        if not request.second_factor_overdue or request.resolver_match.url_name in OPEN_PAGES:
            return None
        return HttpResponseRedirect(reverse("mfa_index"))


def authenticator_of(user: Any, code: str) -> Authenticator | None:
    """The app or the recovery codes that accept this code, which then counts as used.

    None if the code is wrong or was used before, or if no key decrypts the stored secret.
    """
    try:
        with transaction.atomic():
            for each in Authenticator.objects.select_for_update().filter(user=user).exclude(type=FACTORS[1]):
                good = takes(each, code) if each.type == FACTORS[0] else each.wrap().validate_code(code)
                if good:
                    return each
    except SecretLost:
        logger.error("no key in FIELD_ENCRYPTION_KEYS decrypts the second factor of account %s", user.pk)  # noqa: TRY400 - says all
    return None


def takes(app: Authenticator, code: str) -> bool:
    """True if the app's code is valid now and newer than the last used code. Stores its counter: a code works once."""
    secret = decrypt(app.data["secret"])
    for counter in yield_hotp_counters_from_time():
        is_newer = counter > app.data.get("last_counter", 0)
        if is_newer and compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, counter))):
            app.data["last_counter"] = counter
            app.save(update_fields=["data"])
            return True
    return False


class CodeForm(AuthenticateForm):
    """The form that asks for a code after the password or single sign-on. `SecondFactorPage` limits wrong codes."""

    code = forms.CharField(
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        found = authenticator_of(self.user, code)
        if found is None:
            raise get_adapter().validation_error("incorrect_code")
        found.user = self.user
        self.authenticator = found
        return code


NAMES = {
    Authenticator.Type.TOTP: "codes from an app",
    Authenticator.Type.WEBAUTHN: "a passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}


def remove(user: Any) -> int:
    """Removes all second factors of a person, and returns their number.

    If there were any, also ends the person's sessions and sends a mail.
    """
    removed: int = Authenticator.objects.filter(user=user).delete()[0]
    if removed:
        user.sessions.all().delete()
        mails.send(
            user,
            "Your second factor at MixCyfe was removed",
            "An administrator removed the second factor of your account. Set up a new second factor at once.",
        )
    return removed


def log_and_mail_change(user: Any, sentence: str) -> None:
    """Logs a change of the user's ways to log in, and mails it to the user. `sentence` describes the change."""
    audit_log.log_change(user, user, sentence, Action.WAYS_TO_SIGN_IN)
    mails.send(user, "The ways to log in to your account at MixCyfe changed", sentence)


@receiver(signals.authenticator_added, dispatch_uid="widgets.second_factor.added")
def added(user: Any, authenticator: Authenticator, **_: Any) -> None:
    log_and_mail_change(user, f"Added a way to log in: {NAMES[Authenticator.Type(authenticator.type)]}.")


@receiver(signals.authenticator_removed, dispatch_uid="widgets.second_factor.removed")
def removed(user: Any, authenticator: Authenticator, **_: Any) -> None:
    log_and_mail_change(user, f"Removed a way to log in: {NAMES[Authenticator.Type(authenticator.type)]}.")


@receiver(signals.authenticator_reset, dispatch_uid="widgets.second_factor.reset")
def reset(user: Any, **_: Any) -> None:
    log_and_mail_change(user, "Made new recovery codes. The old recovery codes no longer work.")
