"""Hosts whose clock was wrong. For some minutes, the admin warns about them (see `refresh/clock.py`)."""

from django.db import models


class HostClock(models.Model):
    """`ahead`: how many seconds the host's clock is ahead of the database's clock; negative if it is behind."""

    host = models.CharField(max_length=255, unique=True)
    ahead = models.FloatField()
    noticed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host} {self.ahead:+.0f} s"
