"""The addresses of this app."""

from django.urls import path

from widgets.poll import view
from widgets.web import board, card_actions
from widgets.web.healthz import healthz

urlpatterns = [
    path("", board.board, name="board"),
    path("pictures/<int:pk>.svg", board.picture, name="picture"),
    path("widgets/<int:pk>/refresh", card_actions.refresh, name="refresh_widget"),
    path("widgets/<int:pk>/duplicate", card_actions.duplicate, name="duplicate_widget"),
    path("widgets/<int:pk>/move", card_actions.move, name="move_widget"),
    path("w/<path:address>", view.poll, name="poll"),
    path("healthz", healthz, name="healthz"),
]
