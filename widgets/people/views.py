"""The one page that needs no login beside the login page: where an invitation's link leads."""

from typing import Any

from django.contrib.auth.views import PasswordResetConfirmView
from django.urls import reverse_lazy

from .invitations import tokens


class SetPassword(PasswordResetConfirmView):
    """Whatever is wrong with a link, the page says the same. Keeps the token out of the address at once."""

    template_name = "people/set_password.html"
    token_generator = tokens
    reset_url_token = "password"  # noqa: S105 - a part of the address
    post_reset_login = True
    post_reset_login_backend = "django.contrib.auth.backends.ModelBackend"
    success_url = reverse_lazy("board")

    def get_user(self, uidb64: str) -> Any:
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None
