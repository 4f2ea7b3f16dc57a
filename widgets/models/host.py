"""Hosts whose clock is off: for the admin to say, whichever host serves its pages."""

from django.db import models


class HostClock(models.Model):
    """`ahead`: seconds before the database's clock, negative when it is behind."""

    host = models.CharField(max_length=255, unique=True)
    ahead = models.FloatField()
    noticed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host} {self.ahead:+.0f} s"
