"""`/doctor` describes to the command `manage.py doctor` how the command's request arrived through the proxy.

The command signs its request with SECRET_KEY, and MixCyfe signs the response. So no other server at SITE_URL can
imitate the response, and all other callers get 404.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse

from widgets.accounts.client import client_address

ASK_BY = "X-MixCyfe-Doctor"
UNDERSCORES = "X_MixCyfe_Doctor_Claims"
"""A test header with underscores. A proxy must drop all headers with underscores.

A WSGI server does not distinguish X_Forwarded_For from X-Forwarded-For.
"""

QUESTION, ANSWER = "widgets.doctor.question", "widgets.doctor.answer"
ENDS_AFTER = 3600
"""Seconds for which a signature is valid: so many that a difference between the clocks of two hosts does not matter.

Other checks of `manage.py doctor` compare the clocks.
"""

OF_PROXIES = ("Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP")


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
        "has_proxy": any(name in request.headers for name in OF_PROXIES),
        "trusts": settings.TRUST_PROXY,
        "site_url": settings.SITE_URL,
    }
    return HttpResponse(signing.dumps(seen, salt=ANSWER), content_type="text/plain")
