"""Fixtures for tests behind a proxy: a site with one web process and one widget."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from fake_mixpanel.fake import FakeMixpanel
from tests.deploy.proxy import Certificate, make_certificate
from tests.running.site import Site, free_port

THREADS = 8
WIDGET = {"title": "a", "report": "events", "events": ["Signed up"], "include_today": True}


class Served(NamedTuple):
    site: Site
    mixpanel: FakeMixpanel
    port: int
    path: str


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def https_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, https_port: int) -> Iterator[Served]:
    """A running site with the settings for a proxy with TLS."""
    settings = {
        "SITE_URL": f"https://localhost:{https_port}",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "CSRF_TRUSTED_ORIGINS": "",
        "TRUST_PROXY": "on",
        "HSTS_SECONDS": "86400",
    }
    folder = tmp_path_factory.mktemp("site")
    with FakeMixpanel(hourly_limit=1000) as mixpanel, Site(folder, mixpanel.url, **settings) as site:
        (path,) = site.add(WIDGET)
        base, _ = site.web(threads=THREADS)
        yield Served(site, mixpanel, int(base.rsplit(":", 1)[1]), path)
