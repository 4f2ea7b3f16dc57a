"""The page that opens from the link of an invitation or of a password reset. The person sets a password there."""

from typing import Any

from allauth.account.utils import perform_login
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse_lazy

from widgets.accounts.invitations import opened_tokens, tokens


class SetPassword(PasswordResetConfirmView):
    """A valid link redirects at once to a URL without the token. All invalid links show the same page.

    Django's own view stores the token in the session. This view stores only an HMAC, because backups hold sessions.
    """

    template_name = "people/set_password.html"
    reset_url_token = "password"  # noqa: S105 - a part of the address
    success_url = reverse_lazy("board")
    title = "Choose your password"
    tokens, opened_tokens = tokens, opened_tokens

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if kwargs["token"] == self.reset_url_token:
            self.token_generator = self.opened_tokens
            return super().dispatch(request, *args, **kwargs)
        self.token_generator = self.tokens
        response = super().dispatch(request, *args, **kwargs)
        if response.status_code == 302:
            request.session[INTERNAL_RESET_SESSION_TOKEN] = self.opened_tokens.keep(kwargs["token"])
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        """Saves the password and logs the person in. allauth asks for the second factor if the account has one."""
        user = form.save()
        del self.request.session[INTERNAL_RESET_SESSION_TOKEN]
        response: HttpResponse = perform_login(self.request, user, redirect_url=str(self.success_url))
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context if context["validlink"] else context | {"title": "This link is no longer valid"}

    def get_user(self, uidb64: str) -> Any:
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None
