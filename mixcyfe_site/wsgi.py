"""The WSGI application, for any WSGI server."""

import os
from multiprocessing import current_process
from signal import SIG_BLOCK, SIG_DFL, SIGINT, SIGTERM, pthread_sigmask, signal

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mixcyfe_site.settings")

if current_process().name == "granian-worker":
    # Ctrl-C sends SIGINT to all processes, and granian's main process then sends SIGTERM to its workers. Both signals
    # at once make a worker hang forever, so workers block SIGINT. While a worker starts, granian 2.8 loses a SIGTERM;
    # with SIG_DFL, the signal ends the worker.
    pthread_sigmask(SIG_BLOCK, {SIGINT})
    signal(SIGTERM, SIG_DFL)  # until granian installs its own handler, after this import

django = get_wsgi_application()

from mixcyfe_site.answering import Answering  # noqa: E402
from widgets.notices import watcher  # noqa: E402 - needs Django set up
from widgets.poll.fast_path import FastPath  # noqa: E402

watcher.attach()

application = Answering(FastPath(django))
