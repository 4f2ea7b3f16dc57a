"""The list of widgets in the admin: its columns, filters and actions."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fake_mixpanel.fake import FakeMixpanel
from tests.admin.widget_list import LIST, MakeWidget, act, admin_log, show, titles
from tests.apart import APART
from tests.conftest import new_project
from tests.web.people import boss, editor, viewer
from widgets.models import ApiCall, Project, Snapshot, Widget

Poll = Callable[..., Any]


class TestRows:
    def test_a_row_shows_the_widgets_settings_and_its_health(self, make_widget: MakeWidget, poll: Poll) -> None:
        client = boss()
        widget = make_widget(title="Signups", owner=client.person, chart="spline")
        poll(widget)
        html = show(client)
        assert re.search(r'class="health health-fresh".*?Fresh</span>', html, re.DOTALL)
        assert re.search(r'class="field-polled"><time datetime="[^"]*Z" title="[^"]* UTC">just now</time>', html)
        assert '<td class="field-chart_name">Spline</td>' in html
        assert '<td class="field-owner nowrap">boss</td>' in html

    def test_it_says_that_nobody_has_polled(self, make_widget: MakeWidget) -> None:
        make_widget()
        html = show(boss())
        assert "Cyfe has not read the widget yet" in html
        assert '<td class="field-polled">never</td>' in html

    def test_mixpanels_messages_are_escaped(self, make_widget: MakeWidget) -> None:
        widget = make_widget(title="<b>bold</b>")
        Snapshot.objects.filter(pk=widget.snapshot_id).update(error="<script>x</script>", error_kind="query")
        html = show(boss())
        assert "&lt;script&gt;x&lt;/script&gt;" in html
        assert "<b>bold</b>" not in html

    @pytest.mark.parametrize("who", [boss, editor, viewer])
    def test_more_widgets_need_no_more_sql_statements(
        self, make_widget: MakeWidget, project: Project, who: Any
    ) -> None:
        client = who() if who is boss else who(project)
        show(client)  # Django reads the content types only once per process
        counted = []
        for many in (20, 60):
            while Widget.objects.count() < many:
                make_widget(last=Widget.objects.count() + 1, owner=client.person)
            with CaptureQueriesContext(connection) as statements:
                assert len(titles(show(client))) == min(many, 50)
            counted.append(len(statements))
        assert counted[0] == counted[1] <= 12


class TestFinding:
    def test_it_filters_by_health(self, make_widget: MakeWidget, poll: Poll) -> None:
        poll(make_widget(title="Good"))
        make_widget(title="New", last=9)
        make_widget(title="Off", active=False)
        client = boss()
        for state, expected in {"fresh": "Good", "waiting": "New", "paused": "Off"}.items():
            assert titles(show(client, f"?health={state}")) == [expected]
        assert titles(show(client, "?health=failing")) == []

    def test_it_filters_by_project_owner_chart_and_report(self, make_widget: MakeWidget) -> None:
        client = boss()
        second = new_project(name="Second", project_id=5)
        make_widget(title="Mine", owner=client.person)
        make_widget(title="Theirs", project=second, chart="table", report="frequency", last=4)
        assert titles(show(client, f"?owner={client.person.pk}")) == ["Mine"]
        assert titles(show(client, f"?project={second.pk}")) == ["Theirs"]
        assert titles(show(client, "?chart=table")) == ["Theirs"]
        assert titles(show(client, "?report=events")) == ["Mine"]

    def test_it_searches_words_and_addresses(self, make_widget: MakeWidget) -> None:
        widget = make_widget(title="Signups by plan")
        make_widget(title="Logins")
        client = boss()
        assert titles(show(client, "?q=plan")) == ["Signups by plan"]
        assert titles(show(client, f"?q={widget.slug}")) == ["Signups by plan"]
        for address in (
            widget.page_url,
            widget.url(),
            widget.url("plain.csv"),
            f"{widget.url()}/",
            f"{widget.url()}?a=1",
        ):
            assert titles(show(client, f"?{urlencode({'q': address})}")) == ["Signups by plan"]
        assert titles(show(client, f"?q={widget.slug[:-1]}")) == []


class TestRefreshNow:
    def test_it_sends_each_query_once_and_says_so(
        self, make_widget: MakeWidget, project: Project, mixpanel: FakeMixpanel
    ) -> None:
        client = editor(project)
        one, same, other = (
            make_widget(title="A"),
            make_widget(title="B", chart="column"),
            make_widget(title="C", last=9, **APART),
        )
        assert act(client, "refresh_now", one, same, other) == ["Refreshed: “A”, “B”, “C”."]
        assert len(mixpanel.calls) == 2
        calls = ApiCall.objects.values_list("purpose", "user", "outcome")
        assert set(calls) == {("person", client.person.pk, "ok")}

    def test_fresh_data_is_refreshed_too(self, make_widget: MakeWidget, poll: Poll, mixpanel: FakeMixpanel) -> None:
        widget = make_widget()
        poll(widget)
        act(boss(), "refresh_now", widget)
        assert len(mixpanel.calls) == 2

    def test_it_says_what_failed_and_why(self, make_widget: MakeWidget, mixpanel: FakeMixpanel) -> None:
        mixpanel.fail(503, times=1)
        [message] = act(boss(), "refresh_now", make_widget(title="A"))
        assert message.startswith("Failed: “A”. Mixpanel answered 503")

    def test_it_stays_within_the_hourly_limit(
        self, make_widget: MakeWidget, project: Project, mixpanel: FakeMixpanel
    ) -> None:
        Project.objects.update(hourly_limit=2)
        widgets = [make_widget(title=f"W{n}", last=n, **APART) for n in range(1, 5)]
        done, refused = act(boss(), "refresh_now", *widgets)
        assert done == "Refreshed: “W1”, “W2”."
        assert refused.startswith("Not refreshed: “W3”, “W4”. Acme: ")
        assert "The next query is possible in 60 minutes." in refused
        assert len(mixpanel.calls) == 2

    def test_paused_widgets_are_not_refreshed(self, make_widget: MakeWidget, mixpanel: FakeMixpanel) -> None:
        assert act(boss(), "refresh_now", make_widget(title="A", active=False)) == [
            "Not refreshed: “A”. MixCyfe does not refresh paused widgets."
        ]
        assert not mixpanel.calls

    def test_it_sends_no_more_queries_if_mixpanel_is_slow(
        self, make_widget: MakeWidget, mixpanel: FakeMixpanel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("widgets.admin.widget_actions.LONGEST_REFRESH", -1)
        [message] = act(boss(), "refresh_now", make_widget(title="A"))
        assert message.startswith("Not refreshed: “A”. The queries of other widgets took too long.")
        assert not mixpanel.calls


class TestPauseAndResume:
    def test_a_paused_widget_answers_nothing_until_it_is_resumed(self, make_widget: MakeWidget, poll: Poll) -> None:
        client = boss()
        widget, other = make_widget(title="A"), make_widget(title="B", last=9)
        assert act(client, "pause", widget, other)[0].startswith("Paused 2 widgets")
        assert poll(widget).status_code == 404
        assert act(client, "pause", widget) == ["Nothing to pause: all selected widgets are paused already."]
        assert act(client, "resume", widget)[0].startswith("Resumed 1 widget.")
        assert poll(widget).status_code == 200
        assert poll(other).status_code == 404
        assert admin_log() == [("A", "Paused."), ("B", "Paused."), ("A", "Resumed.")]
        assert set(LogEntry.objects.values_list("user__username", flat=True)) == {"boss"}

    def test_after_resuming_a_refused_query_is_sent_again(self, make_widget: MakeWidget, poll: Poll) -> None:
        widget = make_widget(active=False)
        Snapshot.objects.update(error="x", error_kind="query", retry_at=timezone.now() + timedelta(hours=20))
        act(boss(), "resume", widget)
        assert poll(widget).status_code == 200

    def test_a_resumed_widget_has_its_own_refresh_interval_again(self, make_widget: MakeWidget, poll: Poll) -> None:
        slow, fast = make_widget(), make_widget(refresh_minutes=1, active=False)
        assert poll(slow).status_code == 200
        client = boss()
        act(client, "resume", fast)
        snapshot = Snapshot.objects.get()
        assert snapshot.due_at - snapshot.fetched_at == timedelta(minutes=1)
        act(client, "pause", fast)
        snapshot = Snapshot.objects.get()
        assert snapshot.due_at - snapshot.fetched_at > timedelta(minutes=1)

    def test_all_that_match_can_be_paused_at_once(self, make_widget: MakeWidget) -> None:
        for number in range(60):
            make_widget(title=f"Widget {number}", last=number + 1)
        first = Widget.objects.first()
        act(boss(), "pause", first, select_across="1")
        assert not Widget.objects.filter(active=True).exists()
        assert LogEntry.objects.count() == 60


class TestReplaceTheAddress:
    def test_it_names_the_consequences_and_once_confirmed_lists_the_new_addresses(
        self, make_widget: MakeWidget, poll: Poll
    ) -> None:
        widgets = [make_widget(title="<i>Logins</i>"), make_widget(title="Signups", last=9)]
        client = boss()
        data = {"action": "replace_address", "_selected_action": [widget.pk for widget in widgets]}
        html = client.post(LIST, data).content.decode()
        assert "will show nothing" in html
        assert "until you paste the new addresses" in html
        assert "&lt;i&gt;Logins&lt;/i&gt;" in html
        for widget in widgets:
            assert widget.slug not in html
            assert poll(widget).status_code == 200
        data |= {"confirmed": "yes", "version": re.findall(r'name="version" value="([^"]+)"', html)}
        html = client.post(LIST, data).content.decode()
        for widget in widgets:
            new = Widget.objects.get(pk=widget.pk)
            assert (poll(widget).status_code, poll(new).status_code) == (404, 200)
            assert f'value="{new.url()}"' in html
            assert f"/w/{widget.slug[:6]}…" in html
            assert widget.slug not in html
        assert admin_log() == [("<i>Logins</i>", "Replaced the address."), ("Signups", "Replaced the address.")]
        again = client.post(LIST, data).content.decode()
        assert f'value="{Widget.objects.get(title="Signups").url()}"' in again
        assert "replaced already" in again
        assert len(admin_log()) == 2


class TestDuplicate:
    def test_a_copy_has_a_title_and_an_address_of_its_own(self, make_widget: MakeWidget, poll: Poll) -> None:
        client = boss()
        widget = make_widget(title="Signups", top=3, colors=["#ff0000"])
        poll(widget)
        act(client, "duplicate", widget)
        act(client, "duplicate", widget)
        one, two = Widget.objects.exclude(pk=widget.pk).order_by("pk")
        assert (one.title, two.title) == ("Signups (copy)", "Signups (copy 2)")
        assert len({widget.slug, one.slug, two.slug}) == 3
        assert (one.owner, one.last_polled_at, one.spec) == (client.person, None, widget.spec)
        assert one.snapshot_id == widget.snapshot_id
        assert poll(one).status_code == 200
        assert admin_log()[0] == ("Signups (copy)", "Duplicated from “Signups”.")

    def test_a_long_title_is_cut(self, make_widget: MakeWidget) -> None:
        act(boss(), "duplicate", make_widget(title="x" * 200))
        assert Widget.objects.order_by("pk").last().title == "x" * 193 + " (copy)"
