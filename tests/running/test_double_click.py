"""Several clicks at the same moment: each gets an answer, and no two widgets get the same title."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from tests.admin.filling_in import answers_of
from tests.running.conftest import DATABASES

pytestmark = pytest.mark.slow

CLICKS = 6
LOG_IN = """
from django.contrib.auth import get_user_model
from django.test import Client
from widgets.models import Project, Widget
client = Client()
client.force_login(get_user_model().objects.create_superuser("boss"))
print(client.cookies["sessionid"].value, Project.objects.get().pk, Widget.objects.get().pk)
"""


@pytest.mark.parametrize("database", DATABASES)
def test_clicks_at_the_same_moment_make_widgets_with_titles_of_their_own(host: Any, database: str) -> None:
    site = host(database)
    site.add({"title": "Signups", "report": "events", "events": ["Signed up"]})
    session, project, widget = site.python(LOG_IN).split()
    base, _ = site.web()
    token = "x" * 32

    def click(path: str, **data: str) -> list[int]:
        def once(_: int) -> int:
            cookies = {"sessionid": session, "csrftoken": token}
            sent = data | {"csrfmiddlewaretoken": token}
            return requests.post(base + path, sent, cookies=cookies, allow_redirects=False, timeout=60).status_code

        with ThreadPoolExecutor(CLICKS) as pool:
            return list(pool.map(once, range(CLICKS)))

    def titles() -> list[str]:
        return [title for (title,) in site.sql("SELECT title FROM widgets_widget ORDER BY id")]

    copies = ["Signups (copy)", *(f"Signups (copy {number})" for number in range(2, CLICKS + 1))]
    assert click(f"/widgets/{widget}/duplicate") == [302] * CLICKS
    assert titles() == ["Signups", *copies]
    site.sql("DELETE FROM widgets_widget WHERE title <> 'Signups'")
    page: Any = SimpleNamespace(pk=project)
    form = answers_of(page, title="Signups", events="Signed up", _saveasnew="1")
    assert click(f"/admin/widgets/widget/{widget}/change/", **form) == [302] * CLICKS
    assert titles() == ["Signups", *copies]
