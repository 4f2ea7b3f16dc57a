"""`/doctor` tells `manage.py doctor` how the command's request arrived through the proxy.

SECRET_KEY signs the request and the response, so other callers get 404, and other servers can't imitate the response.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse

from widgets.accounts.client import client_address

ASK_BY = "X-MixCyfe-Doctor"
UNDERSCORES = "X_MixCyfe_Doctor_Claims"
"""A test header. Proxies must drop headers with underscores: WSGI can't tell X_Forwarded_For from X-Forwarded-For."""

QUESTION, ANSWER = "widgets.doctor.question", "widgets.doctor.answer"
ENDS_AFTER = 3600
"""Seconds for which a signature is valid: long, because the clocks of the command's host and the server can differ."""

PROXY_HEADERS = ("Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP")


def doctor(request: HttpRequest) -> HttpResponse:
    question = request.headers.get(ASK_BY, "")
    try:
        nonce = signing.loads(question, salt=QUESTION, max_age=ENDS_AFTER)
    except signing.BadSignature:
        raise Http404 from None
    seen: dict[str, Any] = {
        "nonce": nonce,
        "client": client_address(request),
        "is_secure": request.is_secure(),
        "has_address": "X-Forwarded-For" in request.headers,
        "has_underscores": UNDERSCORES.replace("_", "-") in request.headers,
        "has_proxy": any(name in request.headers for name in PROXY_HEADERS),
        "trusts": settings.TRUST_PROXY,
        "site_url": settings.SITE_URL,
    }
    return HttpResponse(signing.dumps(seen, salt=ANSWER), content_type="text/plain")
