"""The WSGI application, for any WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mixcyfe_site.settings")

django = get_wsgi_application()

from mixcyfe_site.answering import Answering  # noqa: E402
from widgets.poll.fast_path import FastPath  # noqa: E402 - needs Django set up

application = Answering(FastPath(django))
