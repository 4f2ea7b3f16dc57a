"""Template tags and filters: navigation, times, first steps, clock warnings, order of the apps."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from widgets.refresh.clock import clock_warnings
from widgets.times import from_now, span, time_tag
from widgets.web.navigation import navigation
from widgets.web.onboarding import first_steps

register = template.Library()


@register.filter
def ago(moment: datetime) -> SafeString:
    """Returns a `<time>` tag such as “3 minutes ago” or “in 3 minutes”, with the exact time as its tooltip."""
    return time_tag(moment, from_now(moment, timezone.now()))


@register.filter
def lasting(since: datetime) -> SafeString:
    """Returns a `<time>` tag such as “for 3 minutes”, with the time of the start as its tooltip."""
    return time_tag(since, f"for {span(timezone.now() - since)}")


@register.filter
def ours_first(apps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Puts MixCyfe's own app (projects, widgets and more) first on the admin's first page."""
    return sorted(apps, key=lambda app: app["app_label"] != "widgets")


register.filter("local_time", time_tag)
register.simple_tag(navigation)
register.simple_tag(first_steps)
register.simple_tag(clock_warnings)
