"""The addresses of this app."""

from django.urls import path

from widgets.poll import view
from widgets.web import board
from widgets.web.healthz import healthz

urlpatterns = [
    path("", board.board, name="board"),
    path("pictures/<int:pk>.svg", board.picture, name="picture"),
    path("w/<path:address>", view.poll, name="poll"),
    path("healthz", healthz, name="healthz"),
]
