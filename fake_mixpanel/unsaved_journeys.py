"""Unsaved reports of funnels and retention."""

from collections.abc import Callable
from typing import Any

from fake_mixpanel.bookmark import Bookmark
from fake_mixpanel.query import Query

JOURNEYS: dict[str, Callable[[Query, Bookmark], dict[str, Any]]] = {}
