"""For the tests of `manage.py doctor`: whole sites, and a function that runs the doctor and reads its lines."""

import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from fake_mixpanel.fake import DEMO_SECRET, FakeMixpanel
from tests.commands.copy import KEY, SECRET_KEY
from tests.running.site import Site, eventually, free_port

OTHER_KEY = "xTtbw2bWc0pDvK6cIWw6lfUxGOFYZKhrVOr4uTKhJcM="
SIGNUPS = {"title": "Signups", "report": "events", "events": ["Signed up"]}
NEVER_SHOWN = (
    KEY,
    OTHER_KEY,
    SECRET_KEY,
    DEMO_SECRET,
    "pass-of-the-broker",
    "pass-of-the-mail",
    "secret-of-the-client",
)


class Said(NamedTuple):
    code: int
    lines: list[str]
    took: float

    @property
    def fixes(self) -> list[str]:
        return [line for line in self.lines if line.startswith("fix ")]

    def has(self, *parts: str) -> bool:
        return any(all(part in line for part in parts) for line in self.lines)


def doctor(site: Site, **settings: str) -> Said:
    """Runs the doctor with these settings. Running servers keep their own settings."""
    before, site.env = site.env, site.env | settings
    began = time.monotonic()
    try:
        done = site.manage("doctor", check=False)
    finally:
        site.env = before
    print(done.stdout)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert all(line.startswith(("ok  ", "fix ")) for line in lines)
    assert not [secret for secret in NEVER_SHOWN if secret in done.stdout]
    said = Said(done.returncode, lines, time.monotonic() - began)
    assert said.code == bool(said.fixes)
    return said


@pytest.fixture(scope="module")
def asked() -> Iterator[FakeMixpanel]:
    with FakeMixpanel(hourly_limit=1000) as mixpanel:
        yield mixpanel


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, asked: FakeMixpanel) -> Iterator[Site]:
    """A site at SITE_URL with one project. All tests of a module share the site, so they must not change its data."""
    address = f"http://127.0.0.1:{free_port()}"
    with Site(tmp_path_factory.mktemp("served"), asked.url, SITE_URL=address) as site:
        start(site)
        yield site


@pytest.fixture
def own(host: Callable[..., Site]) -> Site:
    """A site like `served`, but for one test, which can break it."""
    site = host(SITE_URL=f"http://127.0.0.1:{free_port()}")
    start(site)
    return site


def start(site: Site) -> None:
    site.add(SIGNUPS)
    serve(site, site.env["SITE_URL"])


def serve(site: Site, base: str) -> None:
    site.start([sys.executable, "manage.py", "serve", f"--port={base.rsplit(':', 1)[1]}"], "serve.log")
    eventually(lambda: site.answers(f"{base}/healthz"))


def only(said: Said, *parts: str) -> None:
    """Asserts that there is one thing to fix, and that its line has these words."""
    assert len(said.fixes) == 1, said.fixes
    assert all(part in said.fixes[0] for part in parts), said.fixes
