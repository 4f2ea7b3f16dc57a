"""The addresses of this app."""

from django.urls import path

from . import views

urlpatterns = [
    path("w/<path:address>", views.poll, name="poll"),
    path("healthz", views.healthz, name="healthz"),
]
