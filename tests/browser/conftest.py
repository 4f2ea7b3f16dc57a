"""Fixtures for tests in Chromium: the site on a port, and a fake Mixpanel that answers the site's queries.

A violation of the Content-Security-Policy, or an error of a script, fails the test, unless the test expects it (see
`open_page`).
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import connections
from django.test import Client

from fake_mixpanel.fake import FakeMixpanel
from tests.conftest import new_project
from widgets.models import Project

try:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect, sync_playwright
except ImportError:
    expect = sync_playwright = None

# Playwright's sync API runs an event loop in this thread, in which Django would refuse to use the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
PLAYWRIGHTS_OWN = (".cache/ms-playwright", "Library/Caches/ms-playwright")
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}
PATIENCE = 20_000
"""The longest time, in milliseconds, that a test waits for a page. Long, because other tests may run too."""

if expect:
    expect.set_options(timeout=PATIENCE)

database = connections["default"]
if database.vendor == "sqlite":
    # With Django's database in memory, the server's threads would share one connection, and thus each other's
    # transactions. A file in /dev/shm, which is memory, is as quick.
    memory = Path("/dev/shm")
    place = tempfile.mkdtemp(prefix="mixcyfe-", dir=memory if os.access(memory, os.W_OK) else None)
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    database.settings_dict["TEST"]["NAME"] = str(Path(place) / "test.sqlite3")


def what_is_missing() -> str:
    if sync_playwright is None:
        return "Playwright (pip install -r requirements-dev.lock)"
    if Path(CHROMIUM).is_file() or any(any((Path.home() / place).glob("chromium*")) for place in PLAYWRIGHTS_OWN):
        return ""
    return "Chromium (install it, or name it in CHROMIUM=/path/to/chromium)"


MISSING = what_is_missing()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the browser tests if Playwright or Chromium is missing. The test report then ends with a note."""
    if MISSING:
        mine = [item for item in items if item.get_closest_marker("browser")]
        items[:] = [item for item in items if item not in mine]
        config.hook.pytest_deselected(items=mine)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if MISSING:
        terminalreporter.write_line(f"The browser tests were left out: they need {MISSING}.", yellow=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """The installed Chromium (the variable CHROMIUM can name another), else Playwright's own Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM or None, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture
def site(live_server: Any, mixpanel: FakeMixpanel, settings: Any) -> str:
    """The address of the running site, which is also the setting SITE_URL."""
    settings.SITE_URL = live_server.url
    settings.SITE_HOST = "localhost"
    settings.MIXPANEL_TIMEOUT = PATIENCE / 1000
    return live_server.url


@pytest.fixture
def acme(site: str) -> Project:
    """A project that the fake Mixpanel knows."""
    return new_project()


@pytest.fixture
def boss(site: str, django_user_model: Any) -> AbstractUser:
    return django_user_model.objects.create_superuser("boss", "boss@example.com", "a long password")


OpenPage = Callable[..., "Page"]


@pytest.fixture(scope="session")
def windows() -> dict[bool, "BrowserContext"]:
    """Whether JavaScript is on → the window that tests share. A new window would have to load all scripts again."""
    return {}


def new_window(chromium: "Browser", site: str, **options: Any) -> "BrowserContext":
    context = chromium.new_context(
        base_url=site,
        timezone_id="Asia/Kathmandu",
        permissions=["clipboard-read", "clipboard-write"],
        **options,
    )
    context.set_default_timeout(PATIENCE)
    return context


def forget(window: "BrowserContext") -> None:
    """Clears cookies and storage, and closes all pages except one, which keeps Chromium's process alive."""
    window.clear_cookies()
    page, *others = window.pages
    for other in others:
        other.close()
    page.unroute_all()
    page.goto("/healthz")
    page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")


@pytest.fixture
def open_page(chromium: "Browser", windows: dict[bool, "BrowserContext"], site: str) -> Iterator[OpenPage]:
    """A function that opens a path of the site in a browser. With `user`, that person is logged in.

    The first call of a test uses a shared window, later calls use new windows. `own=True` always uses a new window: for
    example, a test that sets the browser's clock needs one. `viewport` is the page's size in CSS pixels, `theme` is
    "light" or "dark". `javascript=False` turns JavaScript off. A `locale` other than "en-US" needs `own=True`. Errors
    in the console fail the test at its end, unless their text contains an entry of `open_page.expected`.
    """
    contexts: list[BrowserContext] = []
    found: list[str] = []

    def note(message: "ConsoleMessage") -> None:
        if is_error(message):
            found.append(message.text)

    def note_error(error: Any) -> None:
        found.append(str(error.error))

    def open_page(
        path: str = "/",
        user: AbstractUser | None = None,
        *,
        viewport: dict[str, int] = WIDE,
        theme: str = "light",
        javascript: bool = True,
        own: bool = False,
        locale: str = "en-US",
    ) -> "Page":
        context = windows.get(javascript)
        if own or context is None or context in contexts:
            context = new_window(chromium, site, java_script_enabled=javascript, locale=locale)
            if not own:
                windows.setdefault(javascript, context)
        contexts.append(context)
        page = context.pages[0] if context.pages else context.new_page()
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=theme, reduced_motion="no-preference", forced_colors="none")
        if user is not None:
            client = Client()
            client.force_login(user)
            context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])
        context.on("console", note)
        context.on("weberror", note_error)
        page.goto(path)
        return page

    open_page.expected = []
    yield open_page
    for context in contexts:
        context.remove_listener("console", note)
        context.remove_listener("weberror", note_error)
        if context in windows.values():
            forget(context)
        else:
            context.close()
    unexpected = [text for text in found if not any(part in text for part in open_page.expected)]
    assert not unexpected, f"the browser's console shows unexpected errors: {unexpected}"


def follow(target: "Locator") -> None:
    """Clicks a link or button that opens another page, and waits until the scripts of that page have run."""
    with target.page.expect_navigation():
        target.click()


def is_error(message: "ConsoleMessage") -> bool:
    return message.type == "error" or "Content Security Policy" in message.text
