"""Hosts whose clock is wrong. The admin on every host reads these rows to show a warning."""

from django.db import models


class HostClock(models.Model):
    """`ahead`: seconds that the host's clock is ahead of the database's; negative when it is behind."""

    host = models.CharField(max_length=255, unique=True)
    ahead = models.FloatField()
    noticed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host} {self.ahead:+.0f} s"
