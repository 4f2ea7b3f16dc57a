"""The Celery application: `celery -A mixcyfe_site worker -P threads -c 50`.

The work is waiting for HTTP, so many threads in one process are the right pool.
"""

import os
from datetime import datetime
from typing import Any

from celery import Celery, Task
from kombu.exceptions import KombuError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mixcyfe_site.settings")

app = Celery("mixcyfe")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    task_acks_late=False,  # a lost task is queued anew by the next poll, 30 seconds later
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={"socket_timeout": 2, "socket_connect_timeout": 2, "max_retries": 0},
    broker_pool_limit=None,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
)
BUSY_SECONDS = 0.5


@app.task(bind=True, name="refresh", max_retries=60, expires=120)
def refresh_task(self: Task, snapshot_id: int, seen: str | None) -> None:
    """One refresh. `seen` travels along, so that a task that comes after another's refresh does nothing."""
    from widgets.quota import Refusal
    from widgets.refresh import refresh

    known = datetime.fromisoformat(seen) if seen else None
    if refresh(snapshot_id, seen=known, purpose="worker", in_turn=seen is not None) is Refusal.BUSY:
        raise self.retry(countdown=BUSY_SECONDS)


def send_refresh(snapshot_id: int, seen: datetime | None) -> Any:
    """Queues a refresh. Raises ConnectionError at once when the broker can't be reached."""
    lost = (KombuError, OSError, *app.connection_for_write().recoverable_connection_errors)
    try:
        return refresh_task.apply_async((snapshot_id, seen.isoformat() if seen else None), retry=False)
    except lost as error:
        # Their words may hold the broker's password.
        name = type(error).__name__
    raise ConnectionError(name)
