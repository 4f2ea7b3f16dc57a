"""The addresses of this app."""

from django.urls import path

from . import pages, views
from .healthz import healthz

urlpatterns = [
    path("", pages.board, name="board"),
    path("pictures/<int:pk>.svg", pages.picture, name="picture"),
    path("w/<path:address>", views.poll, name="poll"),
    path("healthz", healthz, name="healthz"),
]
