"""Notices about failures in a project: the addresses that get them, the causes of trouble, and the messages."""

from typing import Any, Self

from django.db import models
from django.utils import timezone

from widgets.models.access import VisibleQuerySet
from widgets.models.encrypted import EncryptedField, encrypt
from widgets.models.notice_address import NoticeTarget
from widgets.models.project import Project

MOST_ADDRESSES = 20
"""The most notice addresses per project."""

LONGEST_NAME = 80


class NoticeAddressQuerySet(VisibleQuerySet["NoticeAddress"]):
    def replace(self, project: Project, targets: list[NoticeTarget]) -> None:
        """Replaces the project's addresses with imported ones. Addresses that stay keep their rows.

        Only people with a shell on the host can import, so the addresses are allowed to lead into the host's network.
        """
        known = {each.url.reveal_or_empty(): each for each in self.filter(project=project)}
        wanted = {target.url: target for target in targets}
        self.filter(project=project).exclude(pk__in=[known[url].pk for url in wanted if url in known]).delete()
        for url, target in wanted.items():
            address = known.get(url) or NoticeAddress.of(project, target)
            address.may_be_inside = True
            address.save()


class NoticeAddress(models.Model):
    """An address in Apprise's format. `url`: the whole address. `shown`: the part that is not secret.

    `may_be_inside`: the address is allowed to lead into this server's network, because a superuser, or somebody with a
    shell on the host, entered it. `is_encrypted`: messages travel with TLS. `summary_on`: the Monday of the last weekly
    summary.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="notice_addresses")
    name = models.CharField(max_length=LONGEST_NAME, blank=True)
    shown = models.CharField(max_length=300)
    kind = models.CharField(max_length=40)
    url = EncryptedField(editable=False)
    may_be_inside = models.BooleanField(default=False, editable=False)
    is_encrypted = models.BooleanField(default=True, editable=False)
    weekly = models.BooleanField(default=False)
    summary_on = models.DateField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_sent_at = models.DateTimeField(null=True, editable=False)
    last_failed_at = models.DateTimeField(null=True, editable=False)
    last_failure = models.CharField(max_length=300, blank=True, editable=False)

    objects = NoticeAddressQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name or self.shown

    @classmethod
    def of(cls, project: Project, target: NoticeTarget, **fields: Any) -> Self:
        fields |= {"shown": target.shown, "kind": target.service.title, "is_encrypted": target.is_encrypted}
        return cls(project=project, url=encrypt(target.url), **fields)


class Notice(models.Model):
    """One cause of trouble in a project. `cause`: a key from `notices.causes`.

    `told_at`: when messages about the cause were last queued. `widgets`: the ids of the widgets in the messages.
    `is_well`: the notice ended because the problem is solved. Otherwise, the notice ended without a message.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="notices")
    cause = models.CharField(max_length=40)
    since = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    is_well = models.BooleanField(default=False)
    title = models.CharField(max_length=300, blank=True)
    widgets = models.JSONField(default=list)

    objects = VisibleQuerySet["Notice"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("project", "cause"), condition=models.Q(ended_at=None), name="one_open_notice_per_cause"
            )
        ]

    def __str__(self) -> str:
        return f"{self.cause} since {self.since:%Y-%m-%d %H:%M}"


class NoticeMessage(models.Model):
    """A message to one address. `done_at`: when the message was sent or given up, and its `body` was removed.

    `failure`: why the last try failed. Messages of a deleted address are not sent, but test messages still count
    towards the limit for test messages. A process that sends a message claims it until `claimed_until`. If that process
    dies, another process sends the message after this time. So such a message can arrive twice, but is not lost.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="notice_messages")
    address = models.ForeignKey(NoticeAddress, models.SET_NULL, null=True, related_name="messages")
    notice = models.ForeignKey(Notice, models.CASCADE, null=True, related_name="messages")
    type = models.CharField(max_length=10, default="info")
    is_test = models.BooleanField(default=False)
    subject = models.CharField(max_length=300)
    body = models.TextField()
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=("done_at", "next_try_at"), name="notices_to_send")]

    def __str__(self) -> str:
        return f"{self.subject} to {self.address_id}"
