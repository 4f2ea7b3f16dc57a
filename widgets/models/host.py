"""Hosts with a wrong clock. The admin's pages on all hosts read these rows to show a warning."""

from django.db import models


class HostClock(models.Model):
    """A host with a wrong clock. `ahead`: how many seconds the clock is ahead of the database's clock.

    `ahead` is negative if the host's clock is behind.
    """

    host = models.CharField(max_length=255, unique=True)
    ahead = models.FloatField()
    noticed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host} {self.ahead:+.0f} s"
