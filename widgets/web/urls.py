"""The addresses of this app."""

from django.urls import path

from widgets.poll import view
from widgets.web import board, chart
from widgets.web.healthz import healthz

urlpatterns = [
    path("", board.board, name="board"),
    path("charts/<int:pk>.json", chart.chart, name="chart"),
    path("w/<path:address>", view.poll, name="poll"),
    path("healthz", healthz, name="healthz"),
]
