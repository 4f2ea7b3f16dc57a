"""Parameters of the admin's lists, forms and actions: which are allowed, and that none reveals another team's data."""

import logging
import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client

from tests.security.conftest import MARK, Team
from tests.security.hostile import BEYOND, HUGE, SLOW
from widgets.accounts import audit_log
from widgets.admin.strict_list import NO_SUCH_FILTER
from widgets.models import Widget

pytestmark = pytest.mark.django_db
WIDGETS, PROJECTS, AUDIT_LOG, PEOPLE = (
    f"/admin/{name}/" for name in ("widgets/widget", "widgets/project", "widgets/auditentry", "auth/user")
)
NOT_ITS_OWN = [
    *((WIDGETS, {"title__regex": text}) for text in (SLOW, "(", "A.*")),
    (WIDGETS, {"title": "Acme signups"}),
    (WIDGETS, {"slug__startswith": "a"}),
    (WIDGETS, {"project__name__startswith": "A"}),
    (WIDGETS, {"owner__password__startswith": "p"}),
    (WIDGETS, {"id__in": "1,2"}),
    (WIDGETS, {"snapshot__isnull": "0"}),
    (WIDGETS, {"nonsense": "1"}),
    (WIDGETS, {"_to_field": "slug"}),
    (WIDGETS, {"health": ["fresh", "stale"]}),
    (PROJECTS, {"username__regex": "^a"}),
    (PROJECTS, {"secret__startswith": "g"}),
    (PROJECTS, {"members": "1"}),
    (AUDIT_LOG, {"subject__startswith": "A"}),
    (AUDIT_LOG, {"address__startswith": "203"}),
    (AUDIT_LOG, {"address": "203.0.113.5"}),
    (AUDIT_LOG, {"at__gte": "2026-11-24"}),
    (AUDIT_LOG, {"since": "9999-12-32"}),
    (AUDIT_LOG, {"until": "9999-12-31"}),
    *((AUDIT_LOG, {name: text}) for name in ("project", "person") for text in ("x", "-1", BEYOND, HUGE)),
    (PEOPLE, {"password__startswith": "p"}),
    (PEOPLE, {"mixpanel_projects": "1"}),
    (PEOPLE, {"mixpanel_projects__isnull": "0"}),
    *((page, {"o": "1." * 50_000}) for page in (WIDGETS, PEOPLE)),
    *((page, {"q": "a " * 50_000}) for page in (WIDGETS, PROJECTS, AUDIT_LOG, PEOPLE)),
]


@pytest.mark.parametrize("page", [WIDGETS, PROJECTS, AUDIT_LOG, PEOPLE])
def test_a_list_refuses_all_filters_except_its_own(
    page: str, acme: Team, superuser: Any, log_in: Any, caplog: Any
) -> None:
    caplog.set_level(logging.WARNING)
    client = log_in(superuser if page == PEOPLE else acme.viewer)
    queries = [query for of, query in NOT_ITS_OWN if of == page]
    assert queries
    for query in queries:
        for more in ({}, {"e": "1"}):
            response = client.get(page, query | more)
            assert (response.status_code, response.get("Location")) == (302, f"{page}?e=1"), str(query)[:60]
    whole = client.get(f"{page}?e=1")
    assert whole.status_code == 200
    assert NO_SUCH_FILTER in whole.content.decode()
    assert caplog.records == []


@pytest.fixture
def much(acme: Team, superuser: Any) -> None:
    """Makes so many rows that every list has links for filters and for more pages."""
    for _ in range(101):
        audit_log.log_change(acme.editor, acme.widget, "Paused.")
    for chart, report in (("pie", "events"), ("line", "top_events")) * 30:
        title = f"Widget {Widget.objects.count()}"
        Widget(
            project=acme.project, title=title, report=report, events=["Signed up"], chart=chart, owner=superuser
        ).save()


def test_every_link_of_every_list_works(much: None, acme: Team, superuser: Any, log_in: Any) -> None:
    """Links that change the order are alike, so only one per list is tested."""
    count = 0
    client = log_in(superuser)
    for model in admin.site._registry:
        page = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert client.get(page, {"pk": "1"}).get("Location") == f"{page}?e=1"
        links = re.findall(r'href="(\?[^"]*)"', client.get(page).content.decode())
        sorting = [link for link in links if "o=" in link]
        for link in {*links} - {*sorting[1:]}:
            assert client.get(page + unescape(link)).status_code == 200, page + link
            count += 1
    assert count > 30


def test_the_lists_own_filters_still_filter(acme: Team, superuser: Any, log_in: Any) -> None:
    def shown(page: str, **query: Any) -> list[str]:
        return [str(row) for row in log_in(superuser).get(page, query).context["cl"].result_list]

    audit_log.log_change(acme.editor, acme.widget, "Paused.")
    assert shown(PEOPLE, is_superuser__exact="1") == ["root"]
    assert len(shown(AUDIT_LOG, action__exact="changed")) == 1
    assert len(shown(AUDIT_LOG, q="Paused", project=str(acme.project.pk), person=str(acme.editor.pk))) == 1
    assert (
        shown(AUDIT_LOG, action__exact="deleted")
        == shown(AUDIT_LOG, until="2001-01-01")
        == shown(AUDIT_LOG, q="0.0.0.9")
        == []
    )
    assert shown(WIDGETS, project=str(acme.project.pk)) == shown(WIDGETS, q="signups") == ["Acme signups"]
    assert shown(WIDGETS, q="nothing like this") == []


@pytest.mark.parametrize("path", ["preview", "lists"])
def test_an_impossible_id_finds_nothing(acme: Team, log_in: Any, path: str) -> None:
    for key in (HUGE, BEYOND, "-1", "٣"):
        assert log_in(acme.editor).post(f"{WIDGETS}{path}/", {"project": key, "list": "events"}).status_code == 404
        for person in (f"{key}/members/", f"{acme.project.pk}/members/{key}/remove/"):
            assert log_in(acme.lead).get(f"{PROJECTS}{person}").status_code in (302, 404)


def test_an_action_takes_ids_only(acme: Team, superuser: Any, log_in: Any) -> None:
    for page in (WIDGETS, PROJECTS):
        for key in ("x", "-1", HUGE, BEYOND):
            data = {"action": "delete_selected", "_selected_action": ["1", key]}
            assert log_in(superuser).post(page, data).status_code == 400


def test_an_impossible_choice_is_refused(acme: Team, superuser: Any, log_in: Any) -> None:
    client = log_in(superuser)
    for path, field in ((f"{WIDGETS}add/", "project"), (f"{PROJECTS}{acme.project.pk}/members/", "role")):
        for key in (HUGE, BEYOND, "x", "-1"):
            response = client.post(path, {field: [key]})
            assert response.status_code == 200
            assert "Select a valid choice" in response.content.decode(), (path, key[:20])


def test_a_project_with_a_wrong_limit_is_shown_again(acme: Team, superuser: Any, log_in: Any) -> None:
    response = log_in(superuser).post(f"{PROJECTS}{acme.project.pk}/change/", {"hourly_limit": "0"})
    assert response.status_code == 200
    assert "hourly_limit" in response.context["adminform"].form.errors


def test_a_form_begins_empty_whatever_its_address_says(acme: Team, log_in: Any) -> None:
    page = log_in(acme.editor).get(f"{WIDGETS}add/?{urlencode({'filters': 'abc', 'title': 'Put there'})}")
    assert page.status_code == 200
    assert "Put there" not in page.content.decode()


def test_a_bad_address_leaves_no_line_in_the_log(acme: Team, superuser: Any, log_in: Any, caplog: Any) -> None:
    client = log_in(superuser)
    assert client.get(f"{WIDGETS}add/?_to_field=slug").status_code == 400
    assert client.get(f"{WIDGETS}?{'&'.join(f'a{i}' for i in range(3000))}").status_code == 400
    assert caplog.records == []


def test_autocompletion_gives_no_names_of_other_models(acme: Team, superuser: Any, log_in: Any) -> None:
    for field in ("owner", "project", "rendering", "snapshot"):
        query = {"app_label": "widgets", "model_name": "widget", "field_name": field, "term": "A"}
        assert log_in(superuser).get("/admin/autocomplete/", query).status_code == 404


def test_only_superusers_read_the_history_of_people(acme: Team, hooli: Team, superuser: Any, log_in: Any) -> None:
    """Even with all of Django's permissions, a viewer can't read the history of accounts."""
    acme.editor.mixpanel_projects.add(hooli.project)
    acme.viewer.user_permissions.set(Permission.objects.all())
    audit_log.log_change(superuser, acme.editor, "Left Acme, Hooli.")
    client, address = log_in(acme.viewer), f"{PEOPLE}{acme.editor.pk}/history/"
    for each in (f"{PEOPLE}{acme.editor.pk}/change/", PEOPLE):
        assert client.get(each).status_code == 403
    assert client.get(address)["Location"] == "/admin/", "the answer is the same as for a missing id"
    members = f"{PROJECTS}{acme.project.pk}/members/"
    pages = [client.get(each).content.decode() for each in (members, AUDIT_LOG, "/admin/", WIDGETS, PROJECTS)]
    assert "Acme-editor" in pages[0]
    assert not [page for page in pages if MARK in page]
    assert "Left Acme, Hooli." in log_in(superuser).get(address).content.decode()


def test_a_page_that_asks_before_deleting_names_nothing_of_others(acme: Team, hooli: Team, log_in: Any) -> None:
    acme.editor.mixpanel_projects.add(hooli.project)
    client: Client = log_in(acme.lead)
    ticked = {"action": "delete_selected", "_selected_action": [str(acme.widget.pk), str(hooli.widget.pk)]}
    for response in (
        client.get(f"{PROJECTS}{acme.project.pk}/members/{acme.editor.pk}/remove/"),
        client.get(f"{WIDGETS}{acme.widget.pk}/delete/"),
        client.post(WIDGETS, ticked),
    ):
        assert response.status_code == 200
        assert "Acme" in response.content.decode()
        assert MARK not in response.content.decode()
