"""The URLs of the app `widgets` outside the admin."""

from django.urls import path

from widgets.poll import view
from widgets.web import board, card_actions, chart, shared_boards, sharing
from widgets.web.doctor import doctor
from widgets.web.healthz import healthz
from widgets.web.metrics_page import METRICS, metrics

urlpatterns = [
    path("", board.board, name="board"),
    path("charts/<int:pk>.json", chart.chart, name="chart"),
    path("widgets/<int:pk>/refresh", card_actions.refresh, name="refresh_widget"),
    path("widgets/<int:pk>/duplicate", card_actions.duplicate, name="duplicate_widget"),
    path("widgets/<int:pk>/move", card_actions.move, name="move_widget"),
    path("shared/", sharing.shared_boards, name="shared_boards"),
    path("shared/new", sharing.create, name="share_board"),
    path("shared/<int:pk>/replace", sharing.replace, name="replace_shared_board"),
    path("shared/<int:pk>/end", sharing.end, name="end_shared_board"),
    path("b/<path:address>", shared_boards.shared_board, name="shared_board"),
    path("w/<path:address>", view.poll, name="poll"),
    path("healthz", healthz, name="healthz"),
    path("doctor", doctor, name="doctor"),
    path(METRICS.removeprefix("/"), metrics, name="metrics"),
]
