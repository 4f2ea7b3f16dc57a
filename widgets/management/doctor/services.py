"""Checks the Celery workers, the mail server and the single sign-on provider, if the settings name them."""

import smtplib
import ssl
from collections.abc import Iterator

from allauth.socialaccount.providers.base import ProviderException
from django.conf import settings
from django.core.mail import get_connection
from django.http import HttpRequest

from widgets.accounts.openid import Exchange
from widgets.management.doctor.finding import PATIENCE, Finding, fix, ok
from widgets.mixpanel.client import reason
from widgets.mixpanel.wire import exchange

if settings.TASKS == "celery":
    from widgets.refresh.worker import app

ANSWERS_WITHIN = 2


def workers() -> Iterator[Finding]:
    if settings.TASKS != "celery":
        return
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=3)
            answers = app.control.broadcast("ping", reply=True, limit=1, timeout=ANSWERS_WITHIN, connection=broker)
    except Exception as error:  # noqa: BLE001 - errors of Redis and kombu; their messages could contain the password
        yield fix(
            "broker",
            f"the server in BROKER_URL can't be used ({type(error).__name__}): start the server, or check BROKER_URL.",
        )
        return
    yield ok("broker", "the broker answers.")
    if answers:
        yield ok("workers", "at least one worker answers.")
    else:
        yield fix(
            "workers", "no worker answers, so no data is refreshed: start a worker (celery -A mixcyfe_site worker …)."
        )


def mail() -> Iterator[Finding]:
    """Checks that MixCyfe can log in to the mail server. Sends no mail."""
    if not settings.EMAIL_IS_SET_UP:
        return
    host = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    server = get_connection(fail_silently=False, timeout=PATIENCE - 1)
    try:
        server.open()
        server.close()
    except smtplib.SMTPAuthenticationError:
        yield fix("mail", f"{host} refuses the user name or password: correct EMAIL_URL.")
    except ssl.SSLError as error:
        yield fix(
            "mail",
            f"there is no secure connection to {host} ({reason(error)}): let EMAIL_URL start with smtp+tls:// or "
            "smtp+ssl://. The mail provider says which one.",
        )
    except (OSError, smtplib.SMTPException) as error:
        why = reason(error) if isinstance(error, OSError) else type(error).__name__
        yield fix("mail", f"{host} can't be used ({why}): check EMAIL_URL, and allow this host to connect to {host}.")
    else:
        yield ok("mail", f"{host} accepts connections from this host. No mail was sent.")


def single_sign_on() -> Iterator[Finding]:
    """Checks the provider's OpenID configuration (the description that every OpenID provider publishes)."""
    if not settings.OIDC_ISSUER:
        return
    try:
        with exchange(PATIENCE):
            description = Exchange(HttpRequest()).openid_config
    except ProviderException as error:
        yield fix("single sign-on", f"{error}: check OIDC_ISSUER, and allow this host to connect to that address.")
        return
    missing = [name for name in ("authorization_endpoint", "token_endpoint", "jwks_uri") if name not in description]
    if missing:
        yield fix(
            "single sign-on", f"the provider's OpenID configuration lacks {', '.join(missing)}: check OIDC_ISSUER."
        )
    else:
        yield ok("single sign-on", "the provider answers, and its OpenID configuration names OIDC_ISSUER.")
