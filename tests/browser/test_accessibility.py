"""Checks pages with axe-core against WCAG 2.2 AA: all rules in light on a wide screen, some also in dark on a phone.

The pages are those that tests/security/every_url.txt lists for superusers, error pages, and pages that only strangers
see or that only a form opens. Django's own pages are checked only in light. Pages that are ALIKE are checked once.
https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md
"""

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.contrib.auth.models import AbstractUser
from django.template.loader import render_to_string
from django.utils import timezone

import widgets
from fake_mixpanel.fake import FakeMixpanel
from tests.browser.board import fetch, new_widget
from tests.browser.conftest import NARROW, WIDE, OpenPage, follow
from tests.notices.conftest import listen
from tests.security.codes import phone_of
from tests.security.routes import Route, every_route, fill
from tests.security.test_every_url import ROLES, table
from widgets.accounts import audit_log
from widgets.accounts.invitations import send_link
from widgets.models import DeletedWidget, Notice, Project, Role, SharedBoard, Widget

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EVERYTHING = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"label-title-only": {"enabled": False}},  # this rule ignores pictures, such as Django's search icon
}
LOOKS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block", "target-size"]}}
"""The rules whose result depends on the theme or on the width of the screen."""

LIGHT, DARK = ("light", WIDE, EVERYTHING), ("dark", NARROW, LOOKS)
FINDINGS = """async (options) => {
  for (const each of document.querySelectorAll("details:not([name])")) each.open = true;
  document.getAnimations().forEach((each) => each.finish());  // colours of a new theme fade in
  // A preload would read style sheets in a way that our Content-Security-Policy forbids.
  const found = await axe.run({ ...options, preload: false, resultTypes: ["violations"] });
  return found.violations.flatMap((rule) => rule.nodes.map((node) =>
    `${rule.id}: ${node.html.slice(0, 160)} at ${node.target} ${node.any.map((check) => check.message)}`));
}"""
DJANGOS_OWN = ("admin/password_change/",)
ALIKE = re.compile(r"(?<!/widget/<path:object_id>)/history/$|deletedwidget/.*/delete/$")
"""Addresses that need no check: the page has the same template as a page that is checked."""

WITH_ERRORS = ("admin/widgets/widget/add/", "admin/widgets/project/add/")
"""Forms that are checked while they show errors."""

NO_PAGES = ("admin/jsi18n/", "healthz", "charts/<int:pk>.json", "admin/widgets/auditentry/export/<str:kind>/")
"""Addresses whose answer is not HTML."""


class Judge:
    """Opens pages in one window and collects the violations that axe-core finds there."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.findings: list[str] = []

    def open(self, address: str, passes: Any = (LIGHT, DARK)) -> None:
        assert self.page.goto(address).ok, address
        self.look(address, passes)

    def look(self, name: str, passes: Any = (LIGHT, DARK)) -> None:
        """Checks the open page in its current state, in each theme and width of `passes`."""
        self.page.evaluate(AXE_SCRIPT)
        for theme, viewport, rules in passes:
            self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            self.page.set_viewport_size(viewport)
            found = self.page.evaluate(FINDINGS, rules)
            self.findings += [f"{name} ({theme}): {finding}" for finding in found]

    def check(self) -> None:
        assert not self.findings, "\n".join(self.findings)

    def press(self, button: str, passes: Any = (LIGHT, DARK)) -> None:
        follow(self.page.get_by_role("button", name=button, exact=True))
        self.look(f"after “{button}”", passes)


@pytest.fixture
def member(django_user_model: Any, acme: Project) -> Any:
    def make(name: str, role: Role) -> AbstractUser:
        user = django_user_model.objects.create_user(name, f"{name}@example.com", "a long password")
        acme.members.add(user, through_defaults={"role": role})
        return user

    return make


@pytest.fixture
def drawn(acme: Project) -> Widget:
    """A widget with data and an entry in its history."""
    widget = new_widget(acme, title="Signups by plan", report="segmentation", breakdown="plan")
    fetch(widget)
    return widget


@pytest.fixture
def judge(open_page: OpenPage) -> Any:
    open_page.expected = ["Failed to load resource: the server responded with a status of"]

    def judge(user: AbstractUser | None = None) -> Judge:
        return Judge(open_page("/healthz", user))

    return judge


def pages_of(role: str) -> list[Route]:
    """Returns the routes that answer this role with an HTML page."""
    rows, column = table(), ROLES.index(role)
    return [
        route for route in every_route() if rows[route.path][column].startswith("page/") and route.path not in NO_PAGES
    ]


def test_axe_finds_nothing_on_a_superusers_pages(
    judge: Any, boss: AbstractUser, drawn: Widget, acme: Project, member: Any
) -> None:
    audit_log.log_change(boss, drawn, "Paused.")
    deleted = new_widget(acme, title="Deleted", last=9)
    DeletedWidget.objects.take(Widget.objects.filter(pk=deleted.pk), boss)
    rows = {
        "widgets/deletedwidget": DeletedWidget.objects.get(),
        "widgets/project": acme,
        "widgets/widget": drawn,
        "auth/user": member("vera", Role.VIEWER),
    }
    site = judge(boss)
    for route in pages_of("superuser"):
        key = next((str(row.pk) for part, row in rows.items() if part in route.path), "")
        values = {"app_label": "widgets", "address": drawn.slug, "uidb64": "MQ", "token": "gone"}
        values |= {**dict.fromkeys(("object_id", "pk", "id"), key), "user": str(rows["auth/user"].pk)}
        djangos = route.path.startswith(DJANGOS_OWN)
        if ALIKE.search(route.path) or route.path in WITH_ERRORS:
            continue
        site.open(fill(route.path, values), (LIGHT,) if djangos else (LIGHT, DARK))
    site.check()


def test_axe_finds_nothing_on_forms_and_the_pages_after_them(
    judge: Any, boss: AbstractUser, drawn: Widget, acme: Project
) -> None:
    site = judge(boss)
    page = site.page
    site.open("/admin/widgets/project/add/?_popup=1")
    for form in ("project", "widget"):
        page.goto(f"/admin/widgets/{form}/add/")
        page.locator("form[method=post]:has([name=_save])").evaluate("(form) => { form.noValidate = true; }")
        with page.expect_navigation():
            page.get_by_role("button", name="Save", exact=True).click()
        if form == "widget":
            page.get_by_role("combobox", name="Events", exact=True).click()
            page.get_by_role("option", name="Signed up", exact=True).wait_for()
        site.look(f"the {form}'s form with errors")
    page.get_by_role("option", name="Signed up", exact=True).click()
    page.locator("[data-slot=figure] canvas").wait_for()
    site.look("the widget's form with its preview", (LIGHT,))

    page.goto("/admin/widgets/widget/")
    actions = page.locator("select[name=action] option").evaluate_all("(all) => all.map((each) => each.value)")
    for action in sorted(set(actions) - {"", "pause", "resume"}):
        page.goto("/admin/widgets/widget/")
        page.locator(f"input[name=_selected_action][value='{drawn.pk}']").check()
        page.locator("select[name=action]").select_option(action)
        site.press("Go", (LIGHT,))

    page.goto(f"/admin/widgets/project/{acme.pk}/members/")
    site.look("the people of a project without any")

    listen(acme, "json://10.0.0.7:9000/", weekly=True, last_failure="It failed.", last_failed_at=timezone.now())
    Notice.objects.create(project=acme, cause="plan", since=timezone.now(), told_at=timezone.now(), title="It fails")
    page.goto(f"/admin/widgets/project/{acme.pk}/notices/")
    site.press("Add")

    page.goto(f"/admin/widgets/project/{acme.pk}/members/")
    site.press("Invite")
    page.get_by_label("Name", exact=True).fill("Vera Viewer")
    page.get_by_label("E-mail").fill("vera@example.com")
    site.press("Invite")
    site.open(f"/admin/widgets/project/{acme.pk}/members/")
    page.goto("/shared/")
    site.press("Create the link")
    site.open(SharedBoard.objects.get().url())
    page.goto("/shared/")
    site.press("Log out")
    site.check()


def test_axe_finds_nothing_on_a_strangers_pages(judge: Any, drawn: Widget, member: Any) -> None:
    site = judge()
    site.page.goto("/admin/login/")
    site.page.get_by_label("Username:").fill("nobody")
    site.page.get_by_label("Password:").fill("wrong")
    site.press("Log in")
    site.page.goto(send_link(member("vera", Role.VIEWER)).link)
    site.page.get_by_label("New password:").fill("short")
    site.page.get_by_label("New password confirmation:").fill("another")
    site.press("Save and log in")
    phone_of(member("edda", Role.EDITOR))
    site.page.goto("/admin/login/")
    site.page.get_by_label("Username:").fill("edda")
    site.page.get_by_label("Password:").fill("a long password")
    site.press("Log in")
    site.page.get_by_label("Code from your app").fill("000000")
    site.press("Log in")
    site.open(f"/w/{drawn.slug}")
    site.open(f"/w/{new_widget(drawn.project, title='Never polled', last=9).slug}")
    site.check()


def test_axe_finds_nothing_on_error_pages(judge: Any, mixpanel: FakeMixpanel) -> None:
    site = judge()
    names = [template.name for template in (Path(widgets.__file__).parent / "templates").glob("*.html")]
    site.page.route(
        re.compile("/(" + "|".join(names) + ")$"),
        lambda route: route.fulfill(
            body=render_to_string(route.request.url.rpartition("/")[2]), content_type="text/html"
        ),
    )
    assert {"400.html", "lockout.html"} < set(names)
    for name in names:
        site.open(f"/{name}")
    site.check()


def test_axe_finds_nothing_on_the_board(judge: Any, acme: Project, member: Any, mixpanel: FakeMixpanel) -> None:
    site = judge(member("edda", Role.EDITOR))
    site.open("/")
    for chart in ("line", "number", "table", "cohort"):
        report = {"report": "retention", "born_event": "Signed up"} if chart == "cohort" else {}
        fetch(new_widget(acme, title=f"As {chart}", chart=chart, tags=["ours"], **report))
    mixpanel.fail(503)
    fetch(new_widget(acme, title="Failing", last=8))
    new_widget(acme, title="Never polled", last=9)
    site.page.goto("/")
    site.page.locator(".chart :is(canvas, .chart-words)").first.wait_for()
    site.look("the board with charts")
    site.page.get_by_label("Actions for As line").click()
    site.page.get_by_role("button", name="Duplicate").locator("visible=true").wait_for()
    site.look("the board with an open menu")
    site.open("/?q=nothing+matches")
    site.page.goto("/?wall=")
    site.page.locator(".chart :is(canvas, .chart-words)").first.wait_for()
    site.look("the wall screen")
    viewer = judge(member("vera", Role.VIEWER))
    viewer.open("/", (LIGHT,))
    viewer.open(f"/admin/widgets/widget/{Widget.objects.first().pk}/change/", (LIGHT,))
    site.check()
    viewer.check()


def test_forced_colours_keep_the_legends_colours_and_mark_the_chosen_filter(
    open_page: OpenPage, acme: Project, drawn: Widget, boss: AbstractUser
) -> None:
    page = open_page("/", boss)
    page.emulate_media(forced_colors="active")
    swatches = page.locator(".chart-legend .swatch")
    swatches.first.wait_for()
    colors = swatches.evaluate_all("(all) => all.map((each) => getComputedStyle(each).backgroundColor)")
    assert len(set(colors)) == len(colors) > 1
    current = page.get_by_role("navigation", name="By health").locator("[aria-current]")
    assert current.evaluate("(each) => getComputedStyle(each).outlineStyle") == "solid"
