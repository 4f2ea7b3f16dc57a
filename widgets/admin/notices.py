"""The page of a project's notices: open and past ones, the minutes until a notice, and the receivers' names."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from widgets.accounts.audit_log import log_change
from widgets.admin.admin_page import admin_page
from widgets.admin.by_role import is_superuser
from widgets.models import NoticeAddress, NoticeMessage, Project
from widgets.models.ids import is_id
from widgets.models.notice import LONGEST_NAME, MOST_ADDRESSES
from widgets.models.notice_address import LONGEST_ADDRESS, BadAddress, NoticeTarget, read_address
from widgets.models.notice_services import SERVICES
from widgets.notices import delivery, sending, telling, wording
from widgets.refresh.clock import database_now
from widgets.refresh.slots import Slots

MOST_TESTS = 10
"""The maximum number of tests per project and hour. Each test sends a message, so the limit protects receivers."""

RECENT = 10
at_work = Slots(lambda: 2)
"""Allows two tests or checks of addresses at a time in this process. Each blocks a thread that could answer polls."""

TOO_BUSY = "Other people are testing addresses right now. Try again in a few seconds."


class UnseenInput(forms.TextInput):
    """A field that never shows a typed value again, even after an error, because an address can contain a password."""

    def format_value(self, value: Any) -> None:
        return None


class AddressForm(forms.Form):
    """`may_be_inside` is True for superusers: they can add addresses in the server's network or without encryption."""

    name = forms.CharField(
        max_length=LONGEST_NAME,
        required=False,
        help_text="For example the channel's name. If you enter no name, MixCyfe shows the service or the host.",
    )
    address = forms.CharField(
        max_length=LONGEST_ADDRESS,
        widget=UnseenInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="See the examples below. MixCyfe stores the address encrypted and never shows it again.",
    )
    weekly = forms.BooleanField(
        label="Also send a weekly summary, on Monday at 8:00 in the project's time zone", required=False
    )

    target: NoticeTarget

    def __init__(self, *args: Any, may_be_inside: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.may_be_inside = may_be_inside

    @sensitive_variables()
    def clean_address(self) -> str:
        try:
            self.target = read_address(self.cleaned_data["address"])
        except BadAddress as bad:
            raise forms.ValidationError(str(bad)) from None
        if not self.target.is_encrypted and not self.may_be_inside:
            raise forms.ValidationError(sending.WORDS["plain"])
        with at_work.acquire() as is_free:
            if not is_free:
                raise forms.ValidationError(TOO_BUSY)
            [problem] = sending.check([(self.target, self.may_be_inside)])
        if problem:
            raise forms.ValidationError(problem)
        return ""


class WhenForm(forms.ModelForm):
    class Meta:
        model = Project
        fields = ("notify_after_minutes",)
        labels = {"notify_after_minutes": "Minutes until a notice"}


class NoticesPage(admin.ModelAdmin):
    """The part of ProjectAdmin that has the page of notices."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.notices_view)
        return [path("<path:object_id>/notices/", view, name="widgets_project_notices"), *super().get_urls()]

    @method_decorator(sensitive_post_parameters("address"))
    def notices_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        project: Project | None = self.get_object(request, unquote(object_id))
        if project is None:
            raise Http404
        if not self.has_change_permission(request, project):
            raise PermissionDenied
        superuser = is_superuser(request)
        adding = AddressForm(may_be_inside=superuser)
        when = WhenForm(instance=project)
        if request.method == "POST":
            action = request.POST.get("action", "")
            if action == "add":
                adding = AddressForm(request.POST, may_be_inside=superuser)
                done = add(request, project, adding)
            elif action == "when":
                when = WhenForm(request.POST, instance=project)
                done = change_when(request, project, when)
            else:
                done = change_address(request, project, action)
            if done:
                return HttpResponseRedirect(reverse("admin:widgets_project_notices", args=(project.pk,)))
        waiting = Count("messages", filter=Q(messages__done_at=None))
        told = project.notices.filter(told_at__isnull=False)
        context = {
            "project": project,
            "addresses": project.notice_addresses.annotate(waiting=waiting),
            "open": told.filter(ended_at=None).order_by("since"),
            "soon": project.notices.filter(told_at=None, ended_at=None).count(),
            "over": told.filter(ended_at__isnull=False).order_by("-ended_at")[:RECENT],
            "adding": adding,
            "when": when,
            "services": SERVICES,
        }
        return admin_page(self, request, "widgets/notices.html", f"Notices of {project.name}", **context)


def add(request: HttpRequest, project: Project, form: AddressForm) -> bool:
    if not form.is_valid():
        return False
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        if project.notice_addresses.count() >= MOST_ADDRESSES:
            form.add_error(None, f"A project has at most {MOST_ADDRESSES} addresses. Remove an address first.")
            return False
        fields = {name: form.cleaned_data[name] for name in ("name", "weekly")}
        address = NoticeAddress.of(project, form.target, may_be_inside=form.may_be_inside, **fields)
        address.save()
        log_change(request.user, project, f"Notices: added the address “{address}”.")
    messages.success(request, f"Added {address}. Send a test to see whether the address works.")
    return True


def change_when(request: HttpRequest, project: Project, form: WhenForm) -> bool:
    if not form.is_valid():
        return False
    before, minutes = form.initial["notify_after_minutes"], form.cleaned_data["notify_after_minutes"]
    # Only this field is saved, because saving all fields would end the project's backoff.
    with transaction.atomic():
        project.save(update_fields=["notify_after_minutes"])
        log_change(request.user, project, f"Notices: minutes until a notice: “{before}” → “{minutes}”")
    messages.success(request, "Saved.")
    return True


def change_address(request: HttpRequest, project: Project, action: str) -> bool:
    """Removes or tests the address in the POST, or turns its weekly summary on or off."""
    pk = request.POST.get("pk", "")
    address = project.notice_addresses.filter(pk=pk).first() if is_id(pk) else None
    if address is None:
        messages.error(request, "This address is not in the list. Perhaps somebody has removed the address.")
    elif action == "remove":
        with transaction.atomic():
            address.delete()
            log_change(request.user, project, f"Notices: removed the address “{address}”.")
        messages.success(request, f"Removed {address}.")
    elif action == "weekly":
        address.weekly = not address.weekly
        word = "on" if address.weekly else "off"
        with transaction.atomic():
            address.save(update_fields=["weekly"])
            log_change(request.user, project, f"Notices: weekly summary of “{address}” → “{word}”")
        messages.success(request, f"The weekly summary for {address} is {word}.")
    elif action == "test":
        send_test(request, project, address)
    return True


def send_test(request: HttpRequest, project: Project, address: NoticeAddress) -> None:
    with at_work.acquire() as is_free:
        if not is_free:
            messages.error(request, TOO_BUSY)
            return
        test = begin_test(project, address, request.user.get_username())
        if test is None:
            messages.error(request, f"A project can send at most {MOST_TESTS} tests per hour. Try again later.")
            return
        [failure] = delivery.send([test], sending.TEST_SECONDS)
        delivery.record(test, failure, database_now())
    if failure:
        messages.error(request, f"The test to {address} failed. {failure}")
    else:
        messages.success(request, f"The test to {address} was sent. Check that the message has arrived.")


def begin_test(project: Project, address: NoticeAddress, username: str) -> NoticeMessage | None:
    """Stores a test message. Returns None if the project has sent MOST_TESTS tests in the last hour."""
    now = database_now()
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        tests = project.notice_messages.filter(is_test=True)
        if tests.filter(created_at__gt=now - timedelta(hours=1)).count() >= MOST_TESTS:
            return None
        test = telling.message(address, wording.test_message(project, username), now)
        test.is_test, test.tries = True, 1
        test.save()
    return test
