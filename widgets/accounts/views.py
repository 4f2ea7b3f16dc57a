"""The one page that needs no login beside the login page: where an invitation's link leads."""

from typing import Any

from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse_lazy

from widgets.accounts.invitations import opened_tokens, tokens


class SetPassword(PasswordResetConfirmView):
    """Whatever is wrong with a link, the page says the same. Keeps the token out of the address at once.

    Django keeps it in the session instead, and sessions are in every backup: here the session gets its HMAC.
    """

    template_name = "people/set_password.html"
    reset_url_token = "password"  # noqa: S105 - a part of the address
    post_reset_login = True
    post_reset_login_backend = "django.contrib.auth.backends.ModelBackend"
    success_url = reverse_lazy("board")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if kwargs["token"] == self.reset_url_token:
            self.token_generator = opened_tokens
            return super().dispatch(request, *args, **kwargs)
        self.token_generator = tokens
        response = super().dispatch(request, *args, **kwargs)
        if response.status_code == 302:
            request.session[INTERNAL_RESET_SESSION_TOKEN] = opened_tokens.keep(kwargs["token"])
        return response

    def get_user(self, uidb64: str) -> Any:
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None
