"""The site's URLs and error pages."""

from django.contrib import admin
from django.urls import include, path

from widgets.accounts.second_factor_page import SecondFactorPage

urlpatterns = [
    path("admin/login/second-factor/", SecondFactorPage.as_view(), name="mfa_authenticate"),
    path("admin/", admin.site.urls),
    path("", include("widgets.accounts.urls")),
    path("", include("widgets.web.urls")),
]

handler400 = "widgets.web.error_pages.bad_request"
handler403 = "widgets.web.error_pages.forbidden"
handler404 = "widgets.web.error_pages.not_found"
handler500 = "widgets.web.error_pages.server_error"
handler429 = "widgets.accounts.sign_in.refused"  # allauth looks for this name
