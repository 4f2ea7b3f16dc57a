"""The Celery application for `celery -A mixcyfe_site worker -P threads -c 50`.

A worker mostly waits for HTTP responses, so one process with many threads is enough.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mixcyfe_site.settings")
django.setup()

from widgets.notices import watcher  # noqa: E402 - needs Django set up
from widgets.refresh.worker import app  # noqa: E402

watcher.attach(is_worker=True)

__all__ = ["app"]
