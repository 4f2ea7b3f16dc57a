"""The actions on a card of the board: refresh, duplicate and move."""

from collections.abc import Callable
from typing import Any

import pytest

from fake_mixpanel.fake import FakeMixpanel
from tests.web.board_page import page, titles
from tests.web.people import editor, viewer
from widgets.models import ApiCall, Project, Snapshot, Widget

MakeWidget = Callable[..., Widget]
Poll = Callable[..., Any]


@pytest.mark.parametrize("action", ["refresh", "duplicate", "move"])
def test_people_who_can_not_change_a_widget_get_no_buttons(
    make_widget: MakeWidget, project: Project, other_team: Widget, action: str
) -> None:
    widget = make_widget()
    make_widget()
    html = page(viewer(project))
    assert "formaction" not in html
    assert widget.url() in html
    assert f'formaction="/widgets/{widget.pk}/{action}"' in page(editor(project))
    assert viewer(project, name="another").post(f"/widgets/{widget.pk}/{action}").status_code == 403
    assert editor(project, name="colleague").post(f"/widgets/{other_team.pk}/{action}").status_code == 404


def test_refresh_now_sends_one_query_and_reports_its_result(
    make_widget: MakeWidget, project: Project, mixpanel: FakeMixpanel
) -> None:
    widget = make_widget(title="Signups")
    client = editor(project)
    response = client.post(f"/widgets/{widget.pk}/refresh?q=sign", follow=True)
    assert response.redirect_chain == [("/?q=sign", 302)]
    assert "Refreshed: “Signups”." in response.content.decode()
    assert [call.purpose for call in ApiCall.objects.all()] == ["person"]
    assert len(mixpanel.calls) == 1


def test_only_failing_cards_of_editors_have_the_button_try_again(
    make_widget: MakeWidget, project: Project, poll: Poll
) -> None:
    poll(make_widget(title="Good"))
    broken = make_widget(title="Bad", last=9)
    client = editor(project)
    Snapshot.objects.filter(pk=broken.snapshot_id).update(error="Mixpanel answered 503.", error_kind="unavailable")
    assert page(client).count("Try again") == 1
    assert "Try again" not in page(viewer(project))
    client.post(f"/widgets/{broken.pk}/refresh")
    assert "Try again" not in page(client)


def test_a_message_stays_until_the_person_opens_a_page(make_widget: MakeWidget, project: Project) -> None:
    client = editor(project)
    client.post(f"/widgets/{make_widget().pk}/refresh")
    assert "Refreshed" not in client.get("/", headers={"X-Live-Update": "1"}).content.decode()
    assert "Refreshed" in page(client)


def test_a_copy_has_its_own_address(make_widget: MakeWidget, project: Project) -> None:
    widget = make_widget(title="Signups")
    client = editor(project)
    html = client.post(f"/widgets/{widget.pk}/duplicate", follow=True).content.decode()
    copy = Widget.objects.get(title="Signups (copy)")
    assert copy.slug != widget.slug
    assert copy.owner == client.person
    assert titles(html) == ["Signups", "Signups (copy)"]


def test_a_changed_order_is_the_order_for_everybody(
    make_widget: MakeWidget, project: Project, other_team: Widget
) -> None:
    a, b, c, paused = (make_widget(title=title) for title in "ABCP")
    Widget.objects.filter(pk=paused.pk).update(active=False)
    client = editor(project)
    version = Widget.objects.get(pk=a.pk).version

    def moved(widget: Widget, place: str) -> str:
        client.post(f"/widgets/{widget.pk}/move", {"place": place})
        return "".join(titles(page(viewer(project, name=f"viewer {widget.pk} {place}"))))

    assert moved(c, "first") == "CAB"
    assert moved(c, f"after {a.pk}") == "ACB"
    assert moved(b, f"before {a.pk}") == "BAC"
    assert moved(b, "last") == "ACB"
    make_widget(title="AA")
    assert moved(a, "last") == "CBAAA"
    for nonsense in ("", "before", "before x", f"before {other_team.pk}", f"after {c.pk} 5", "before 9" + "9" * 20):
        assert moved(c, nonsense) == "CBAAA"
    assert Widget.objects.get(pk=a.pk).version == version
