"""The pages where people manage their sessions and their ways to log in.

Most views are subclasses of allauth's views, with templates from MixCyfe.
"""

from typing import Any

from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.views.decorators.http import require_POST

from widgets.accounts import audit_log, second_factor
from widgets.accounts.login_page import passkeys_work
from widgets.accounts.reauthentication import recent_login_required
from widgets.accounts.sessions import end_others, open_sessions
from widgets.accounts.single_sign_on import accounts_of
from widgets.models import Action


class OwnPage:
    """Adds the context of the admin's pages, and a title, to a view of allauth."""

    title = ""
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        base: Any = super()
        context: dict[str, Any] = base.get_context_data(**kwargs)
        return {**admin.site.each_context(self.request), **context, "title": self.title}


class Account(OwnPage, IndexView):
    template_name = "sign_in/account.html"
    title = "Your account"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        found = context["authenticators"]
        codes = found.get(Authenticator.Type.RECOVERY_CODES)
        return context | {
            "app": found.get(Authenticator.Type.TOTP),
            "passkeys": found.get(Authenticator.Type.WEBAUTHN, []),
            "passkeys_work": passkeys_work(self.request),
            "codes_left": len(codes.get_unused_codes()) if codes else None,
            "sessions": list(open_sessions(self.request)),
            "single_sign_on": accounts_of(self.request.user),
        }


class AddApp(OwnPage, ActivateTOTPView):
    template_name = "sign_in/add_app.html"
    title = "Codes from an app"

    def form_valid(self, form: Any) -> HttpResponse:
        """Adds the app, and marks the entered code as used, so that nobody who saw the code can log in with it."""
        response: HttpResponse = super().form_valid(form)
        second_factor.authenticator_of(self.request.user, form.cleaned_data["code"])
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        secret = context["form"].secret
        return context | {"key": [secret[at : at + 4] for at in range(0, len(secret), 4)]}


class RemoveApp(OwnPage, DeactivateTOTPView):
    template_name = "sign_in/remove.html"
    title = "Remove the app"


class AddPasskey(OwnPage, AddWebAuthnView):
    template_name = "sign_in/add_passkey.html"
    title = "Add a passkey"


class RemovePasskey(OwnPage, RemoveWebAuthnView):
    template_name = "sign_in/remove.html"
    title = "Remove the passkey"
    success_url = reverse_lazy("mfa_index")


class RecoveryCodes(OwnPage, ViewRecoveryCodesView):
    template_name = "sign_in/recovery_codes.html"
    title = "Recovery codes"


class NewRecoveryCodes(OwnPage, GenerateRecoveryCodesView):
    template_name = "sign_in/new_recovery_codes.html"
    title = "New recovery codes"


def protected(view: Any) -> Any:
    return login_required(recent_login_required(view))


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        number = end_others(request)
        audit_log.record(Action.SESSIONS_ENDED, f"{request.user}", f"Ended: {number}.")
    messages.success(request, f"Ended {number} other session{'' if number == 1 else 's'}.")
    return HttpResponseRedirect(reverse("mfa_index"))


@require_POST
def remove_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Removes the second factors of a person who lost them. Only superusers can do this."""
    if not (request.user.is_active and request.user.is_superuser):
        raise PermissionDenied
    user = get_object_or_404(get_user_model(), pk=pk)
    if second_factor.remove(user):
        audit_log.log_change(request.user, user, "Removed the second factor.", Action.WAYS_TO_SIGN_IN)
        messages.success(request, f"Removed the second factor of {user}, who can now log in without it.")
    return HttpResponseRedirect(reverse("admin:auth_user_change", args=[pk]))
