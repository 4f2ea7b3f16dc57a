"""`manage.py demo` starts MixCyfe with a fake Mixpanel, one project, and one widget per chart type."""

import os
import signal
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from widgets.import_export.importing import import_all
from widgets.management.commands.serve import granian
from widgets.management.demo import environment
from widgets.management.demo.dashboard import dashboard
from widgets.models import Snapshot, Widget
from widgets.models.call import Purpose
from widgets.refresh.run import refresh

USER = "demo"
PASSWORD = "mixcyfe-demo"  # noqa: S105 - the server listens on the loopback address only, and the numbers are made up


class Command(BaseCommand):
    help = "Starts MixCyfe with made-up data from a fake Mixpanel. The demo needs no credentials and no network."

    def handle(self, *args: Any, **options: Any) -> None:
        if environment.fake is None:
            raise CommandError("Start the demo with `make demo` or `python manage.py demo`.")
        call_command("migrate", interactive=False, verbosity=0)
        _, widgets = import_all(dashboard())
        make_user(widgets)
        fetch_first_numbers()
        self.introduce(widgets)
        server = subprocess.Popen(  # noqa: S603 - our own command line
            granian("127.0.0.1", int(os.environ["PORT"]), workers=1, threads=8)
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: server.terminate())
        ended = server.wait()
        environment.fake.stop()
        sys.exit(ended if ended > 0 else 0)

    def introduce(self, widgets: list[Widget]) -> None:
        self.stdout.write(f"\nMixCyfe demo: {settings.SITE_URL}/admin/   user {USER}   password {PASSWORD}\n\n")
        for widget in widgets:
            self.stdout.write(f"  {widget.get_chart_display():<26} {widget.title:<32} {widget.url()}")
        self.stdout.write("\nCtrl+C stops the demo.\n")
        self.stdout.flush()


def fetch_first_numbers() -> None:
    """Lets the board show charts before the first polls."""
    for pk in Snapshot.objects.filter(fetched_at=None, widgets__isnull=False).distinct().values_list("pk", flat=True):
        refresh(pk, expected_fetched_at=None, purpose=Purpose.COMMAND)


def make_user(widgets: list[Widget]) -> None:
    users = get_user_model().objects
    user = users.filter(username=USER).first() or users.create_superuser(USER, "demo@example.com", PASSWORD)
    Widget.objects.filter(pk__in=[widget.pk for widget in widgets], owner=None).update(owner=user)
