"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("widgets.accounts.urls")),
    path("", include("widgets.web.urls")),
]
