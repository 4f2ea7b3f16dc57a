"""The WSGI application, for any WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mixcyfe_site.settings")

django = get_wsgi_application()

from widgets.hot import HotPolls  # noqa: E402 - needs Django set up

from .answering import Answering  # noqa: E402

application = Answering(HotPolls(django))
