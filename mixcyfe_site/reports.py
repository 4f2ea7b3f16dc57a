"""Django's reports of exceptions (its debug page, mail to ADMINS) without what must not be in them."""

import re
from types import FrameType
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

HANDLES_SECRETS = (
    "widgets.mixpanel",
    "widgets.models.encrypted",
    "requests",
    "urllib3",
    "http",
    "ssl",
    "socket",
    "cryptography",
    "django.forms",
    "django.http",
    "base64",
)
"""Modules (and what is below them) in which a secret may be in a variable of any name."""


class ReportFilter(SafeExceptionReporterFilter):
    """Out of debugging, no report shows a variable at all; while debugging, those that may hold a secret don't."""

    hidden_settings = re.compile(
        "API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|HTTP_COOKIE|BROKER|_URL|DATABASE|HEADERS|BODY|POST|SLUG|FORM|PATH_INFO|SESSION|CSRF",
        re.IGNORECASE,
    )

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return {} if request is None else dict.fromkeys(request.POST, self.cleansed_substitute)

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> Any:
        if not settings.DEBUG or is_or_below(tb_frame.f_globals.get("__name__", ""), HANDLES_SECRETS):
            return []
        return [
            (name, self.cleanse_setting(name, value))
            for name, value in super().get_traceback_frame_variables(request, tb_frame)
        ]


def is_or_below(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)
