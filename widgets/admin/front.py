"""The admin site: its name, its first page, and no autocomplete view."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest

admin.site.site_header = admin.site.site_title = "MixCyfe"
admin.site.index_title = "From Mixpanel to Cyfe"
admin.site.index_template = "widgets/admin_index.html"
admin.site.enable_nav_sidebar = False  # every page has the navigation of the board


def no_autocomplete(request: HttpRequest) -> None:
    """No form here uses autocomplete. Django's view would answer questions about any relation of any model."""
    raise Http404


site: Any = admin.site
site.autocomplete_view = no_autocomplete
