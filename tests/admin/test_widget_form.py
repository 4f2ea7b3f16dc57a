"""Making and changing widgets in the admin, without JavaScript: default values, ignored fields, errors and messages."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.urls import reverse

from fake_mixpanel.fake import FakeMixpanel
from tests.admin.filling_in import answers_of
from tests.conftest import new_project
from tests.web.people import editor
from widgets.models import OptionCache, Project, Widget
from widgets.web.site_address import out_of_reach

ADD = "/admin/widgets/widget/add/"


def address_of(widget: Widget) -> str:
    return reverse("admin:widgets_widget_change", args=(widget.pk,))


@pytest.fixture
def boss(client: Client, admin_user: AbstractUser) -> Client:
    client.force_login(admin_user)
    return client


@pytest.fixture
def make(boss: Client, project: Project) -> Callable[..., Widget]:
    """A function that posts the form for a new widget with these fields. Returns the saved widget."""

    def make(**fields: Any) -> Widget:
        response = boss.post(ADD, answers_of(project, **fields))
        assert response.status_code == 302, response.context["adminform"].form.errors
        return Widget.objects.latest("pk")

    return make


def errors_of(response: Any) -> dict[str, list[str]]:
    return {name: list(map(str, texts)) for name, texts in response.context["adminform"].form.errors.items()}


def test_a_widget_from_the_form_gives_cyfe_the_right_csv(make: Any, poll: Any, admin_user: AbstractUser) -> None:
    widget = make(report="segmentation", events="Signed up", breakdown="plan", last="3", exclude="Free")
    assert widget.owner == admin_user
    lines = poll(widget).content.decode().splitlines()
    assert lines[0] == "Date,Team,Business"
    assert len(lines) == 5


def test_saving_leads_to_the_address_and_three_steps(boss: Client, project: Project, settings: Any) -> None:
    settings.SITE_URL = "https://mixcyfe.example.com"
    response = boss.post(ADD, answers_of(project, events="Signed up", chart="stackedpercentagecolumn"), follow=True)
    widget = Widget.objects.get()
    assert response.redirect_chain == [(address_of(widget), 302)]
    page = response.content.decode()
    assert f'value="https://mixcyfe.example.com/w/{widget.slug}.csv"' in page
    assert 'data-copy="widget-url"' in page
    assert page.partition('<ol class="steps">')[2].partition("</ol>")[0].count("<li>") == 3
    assert "Private URL" in page
    assert "Stacked percentage column</b>" in page
    assert widget.url("json") in page
    assert widget.page_url in page
    assert "Warning:" not in page


def test_a_title_can_not_break_out_of_the_embed_code(boss: Client, make: Any) -> None:
    page = boss.get(address_of(make(events="Signed up", title='"><script>alert(1)</script>'))).content.decode()
    code = html.unescape(page.partition('id="embed-code"')[2].partition("</pre>")[0])
    assert 'title="&quot;&gt;&lt;script&gt;' in code


def test_it_warns_if_cyfe_can_not_reach_this_site(boss: Client, make: Any, settings: Any) -> None:
    widget = make(events="Signed up")
    for site, reachable in (
        ("https://mixcyfe.example.com", True),
        ("https://203.0.113.7", False),
        ("https://8.8.8.8", True),
        ("http://mixcyfe.example.com", False),
        ("http://127.0.0.1:8000", False),
        ("https://localhost", False),
        ("https://10.1.2.3:8443", False),
        ("https://[::1]", False),
        ("https://mixcyfe.local", False),
        ("https://intranet", False),
    ):
        settings.SITE_URL = site
        page = boss.get(address_of(widget)).content.decode()
        assert ("Warning:" not in page) is reachable, site
        assert ("SITE_URL" not in out_of_reach()) is reachable, site


def test_a_widget_without_a_title_gets_one(make: Any, project: Project) -> None:
    by_plan = {"report": "segmentation", "events": "Signed up", "breakdown": "plan"}
    assert make(events="Signed up\nLogged in").title == "Signed up, Logged in"
    assert make(**by_plan).title == "Signed up by plan"
    assert make(**by_plan).title == "Signed up by plan (2)"
    orders = {"events": "Order completed", "property_name": "amount"}
    assert make(report="sum", **orders).title == "Sum of amount, Order completed"
    assert make(report="funnel", funnel="7509", chart="funnel").title == "Funnel 7509"
    cached = OptionCache.objects.of(project, "funnels")
    cached.values = [{"value": "7509", "label": "Signup funnel"}]
    cached.save()
    assert make(report="funnel", funnel="7509", chart="funnel").title == "Signup funnel"
    assert make(report="top_events", chart="list").title == "Today's top events"
    retention = {"report": "retention", "chart": "cohort", "born_event": "Signed up"}
    assert make(**retention).title == "Retention: Signed up"
    assert make(**retention, events="Logged in").title == "Retention: Signed up → Logged in"
    assert make(events="E" * 900).title.endswith("…")
    for name, words in (
        ("mp_country_code", "country"),
        ("$os", "operating system"),
        ("$city", "city"),
        ("sign_up_method", "sign up method"),
    ):
        assert make(**by_plan | {"breakdown": name}).title == f"Signed up by {words}"


def test_values_in_unused_fields_are_ignored(make: Any) -> None:
    """Otherwise an invalid value in a hidden field would prevent saving."""
    widget = make(
        report="top_events",
        chart="pie",
        events="Signed up",
        breakdown="plan",
        last="",
        from_date="nonsense",
        comparison="on",
        total="on",
        percent="on",
        types="line",
        axis_min="x",
        **{"filters-property": "plan", "filters-value": "Free"},
    )
    assert (widget.events, widget.breakdown, widget.filters, widget.options) == ([], "", [], {})


def test_each_error_is_at_its_field(boss: Client, project: Project) -> None:
    response = boss.post(ADD, answers_of(project, report="sum", chart="pie", last="0"))
    found = errors_of(response)
    assert set(found) == {"events", "property_name", "chart"}
    assert "The chart “pie” can't show" in found["chart"][0]
    response = boss.post(ADD, answers_of(project, events="Signed up", last="0"))
    assert errors_of(response) == {"last": ["Enter a number from 1 to 1000."]}
    assert 'aria-invalid="true"' in response.content.decode()
    response = boss.post(ADD, answers_of(project, events="Signed up", axis_min="5", axis_max="1"))
    assert errors_of(response) == {"axis_max": ["Enter a number above the lower end of the axis."]}


def test_a_taken_title_is_refused_at_the_title(boss: Client, project: Project, make_widget: Any) -> None:
    make_widget(title="Signups")
    response = boss.post(ADD, answers_of(project, events="Signed up", title="Signups"))
    assert list(errors_of(response)) == ["title"]


def test_the_first_wrong_field_has_the_focus_without_a_script(boss: Client, project: Project) -> None:
    page = boss.post(ADD, answers_of(project, events="Signed up", last="0", limit="0")).content.decode()
    assert page.count(" autofocus") == 1
    assert re.search(r'<input[^>]*name="last"[^>]* autofocus', page)


def test_save_as_new_finds_a_free_title(boss: Client, make: Any, project: Project) -> None:
    widget = make(events="Signed up", title="Signups")
    for _ in range(2):
        boss.post(address_of(widget), answers_of(project, events="Signed up", title="Signups", _saveasnew="1"))
    titles = Widget.objects.order_by("pk").values_list("title", flat=True)
    assert list(titles) == ["Signups", "Signups (copy)", "Signups (copy 2)"]


def test_a_name_that_mixpanels_list_lacks_is_saved_with_a_warning(
    boss: Client, project: Project, mixpanel: FakeMixpanel
) -> None:
    for list_name, of, names in (("events", [], ["Signed up", "Signed out"]), ("properties", ["Signed up"], ["$os"])):
        cached = OptionCache.objects.of(project, list_name, of)
        cached.values = [{"value": name} for name in names]
        cached.save()
    answers = answers_of(project, report="segmentation", events="Signed up", breakdown="os", _continue="1")
    said = boss.post(ADD, answers, follow=True).content.decode()
    assert "Mixpanel&#x27;s list has no property “os”. Did you mean “$os”?" in said
    said = boss.post(ADD, answers_of(project, events="signed up\nSignedout\nSigned up"), follow=True).content.decode()
    assert "no event “signed up”. Did you mean “Signed up”" in said
    assert "no event “Signedout”. Did you mean “Signed out”" in said
    assert said.count("Mixpanel&#x27;s list has no") == 2
    assert Widget.objects.count() == 2
    assert not mixpanel.calls


def test_a_save_over_somebody_elses_change_is_refused_once(boss: Client, make: Any, project: Project) -> None:
    widget = make(events="Signed up", title="Signups")
    opened = boss.get(address_of(widget)).context["stored_state"]
    other = editor(project)
    mine = {"events": "Signed up", "title": "Mine", "_save": "1"}
    other.post(address_of(widget), answers_of(project, events="Signed up", title="Theirs", stored_state=opened))
    answer = boss.post(address_of(widget), answers_of(project, **mine, stored_state=opened))
    [refusal] = errors_of(answer)["__all__"]
    assert "this widget was changed just now" in refusal
    assert "open. editor: Title: “Signups” → “Theirs”" in refusal
    assert answer.context["adminform"].form["title"].value() == "Mine"
    widget.refresh_from_db()
    assert widget.title == "Theirs"
    boss.post(address_of(widget), answers_of(project, **mine, stored_state=answer.context["stored_state"]))
    widget.refresh_from_db()
    assert widget.title == "Mine"


def test_filters_are_rows_and_the_last_one_can_be_removed(boss: Client, make: Any, project: Project) -> None:
    rows = {
        "filters-property": ["plan", "amount", ""],
        "filters-op": ["is", "gt", "is"],
        "filters-value": ["Team", "10", ""],
    }
    widget = make(report="segmentation", events="Order completed", **rows)
    assert widget.filters == [
        {"property": "plan", "op": "is", "value": "Team"},
        {"property": "amount", "op": "gt", "value": 10},
    ]
    boss.post(address_of(widget), answers_of(project, report="segmentation", events="Order completed", title="x"))
    widget.refresh_from_db()
    assert widget.filters == []


def test_the_only_project_is_chosen_already(boss: Client, project: Project) -> None:
    form = boss.get(ADD).context["adminform"].form
    assert (form["project"].value(), form["report"].value()) == (project.pk, "events")
    new_project(name="Other", project_id=4711)
    assert boss.get(ADD).context["adminform"].form["project"].value() is None


def test_changing_the_chart_of_a_polled_widget_says_what_to_change_in_cyfe(
    boss: Client, make: Any, poll: Any, project: Project
) -> None:
    widget = make(events="Signed up", title="Signups")
    poll(widget)
    answers = answers_of(project, events="Signed up", title="Signups", chart="pie")
    response = boss.post(address_of(widget), answers, follow=True)
    assert "Choose “Pie” in Cyfe" in response.content.decode()


def test_options_of_a_widget_come_back_into_the_form(boss: Client, make: Any) -> None:
    widget = make(events="Signed up", chart="line", show_labels="on", axis_max="10", types="column")
    form = boss.get(address_of(widget)).context["adminform"].form
    assert (form["show_labels"].value(), form["axis_max"].value(), form["types"].value()) == (True, 10.0, "column")
    assert widget.options == {"show_labels": True, "axis_max": 10.0, "types": ["column"]}
