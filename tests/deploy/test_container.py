"""Tests Dockerfile and compose.yaml, as far as tests can do that without a container engine."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.deploy.proxy import DEPLOY, ROOT
from tests.running.site import eventually, free_port

DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
NEW_ENV = DEPLOY / "container/new-env"
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"] if os.geteuid() == 0 else []
"""Removes root's capabilities from a command, so that file permissions count, as for the image's user."""


def instruction(name: str) -> str:
    return [line.removeprefix(f"{name} ") for line in DOCKERFILE.splitlines() if line.startswith(f"{name} ")][-1]


def copied() -> list[tuple[str, str]]:
    """Returns (source in the repository, target in the image) of each COPY in the Dockerfile."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    return [(source, target) for source, target in map(str.split, lines) if target != "/"]


@pytest.fixture
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A read-only folder with the files that the Dockerfile copies into the image."""
    folder = tmp_path_factory.mktemp("image")
    for source, target in copied():
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, folder / target)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)  # so that pytest can remove the folder


def settings_for(host: str) -> dict[str, str]:
    printed = subprocess.run([str(NEW_ENV), host], capture_output=True, text=True, timeout=60, check=True).stdout
    return dict(line.split("=", 1) for line in printed.splitlines() if not line.startswith("#"))


@pytest.mark.slow
def test_it_serves_without_root_rights_from_a_read_only_folder(image: Path, tmp_path: Path) -> None:
    data = tmp_path
    port = free_port()
    given = settings_for("mixcyfe.example.com")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "TMPDIR": str(data),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DATABASE_URL": f"sqlite:///{data}/db.sqlite3",
        **{name: given[name] for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "SITE_URL", "TRUST_PROXY")},
    }
    command = json.loads(instruction("CMD"))
    assert command[:2] == ["python", "manage.py"]
    command = [sys.executable, *(str(port) if word == "8000" else word for word in command[1:])]
    tried = subprocess.run([*WITHOUT_RIGHTS, "touch", image / "new"], capture_output=True, timeout=60, check=False)
    assert tried.returncode != 0
    process = subprocess.Popen([*WITHOUT_RIGHTS, *command], cwd=image, env=environment)
    try:
        (health,) = re.findall(r"HEALTHCHECK .*?CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
        check = [sys.executable, *(word.replace("8000", str(port)) for word in json.loads(health)[1:])]
        behind = os.environ | {"http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
        eventually(
            lambda: subprocess.run(check, env=behind, capture_output=True, timeout=60, check=False).returncode == 0
        )
        page = requests.get(f"http://127.0.0.1:{port}/w/{'x' * 24}.csv", allow_redirects=False, timeout=60)
        assert page.headers["Location"].startswith("https://"), "plain HTTP is redirected"
        headers = {"X-Forwarded-Proto": "https", "Host": "mixcyfe.example.com"}
        login = requests.get(f"http://127.0.0.1:{port}/admin/login/", headers=headers, timeout=60)
        assert login.status_code == 200
        style = re.search(r'href="(/static/[^"]+\.css)"', login.text)
        assert style is not None
        served = requests.get(f"http://127.0.0.1:{port}{style[1]}", headers=headers, timeout=60)
        assert served.status_code == 200
    finally:
        process.terminate()
        process.wait(timeout=90)
    assert not list(image.rglob("*.pyc"))


def test_the_image_has_all_packages_and_no_tests() -> None:
    assert {source for source, _ in copied()} == {
        "manage.py",
        "pyproject.toml",
        "mixcyfe_site",
        "widgets",
        "fake_mixpanel",
    }
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert allowed == {source for source, _ in copied()} | {"requirements-cluster.lock"}
    assert re.fullmatch(r"\d+:\d+", instruction("USER"))


def test_the_settings_are_those_that_the_services_use() -> None:
    given = settings_for("mixcyfe.example.com")
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()))
    assert asked <= set(given)
    assert given["POSTGRES_PASSWORD"] in given["DATABASE_URL"]
    assert "@postgres:" in given["DATABASE_URL"]
    assert given["BROKER_URL"].startswith("redis://redis:")
    assert {"postgres", "redis"} <= set(COMPOSE["services"])
    assert settings_for("mixcyfe.example.com")["SECRET_KEY"] != given["SECRET_KEY"]
    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level=WARNING"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **given, "HSTS_SECONDS": "3600"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("host", ["", "https://a.example.com", "a b", "$(id)", "-x"])
def test_an_invalid_host_gets_one_line(host: str) -> None:
    refused = subprocess.run([str(NEW_ENV), host], capture_output=True, text=True, timeout=60, check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["web", "worker", "daily"])
def test_each_service_of_ours_has_few_rights_and_limited_resources(name: str) -> None:
    service: dict[str, Any] = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "pids_limit", "logging", "restart"} <= set(service)
    assert "ports" not in service
    assert "privileged" not in service


def test_the_workers_command_is_the_same_as_with_systemd() -> None:
    unit = (DEPLOY / "systemd/mixcyfe-worker.service").read_text()
    (started,) = re.findall(r"^ExecStart=\S+/celery (.*)$", unit, re.MULTILINE)
    assert COMPOSE["services"]["worker"]["command"] == ["celery", *shlex.split(started)]


def test_caddys_file_is_the_tested_one_for_a_newer_caddy() -> None:
    def lines(path: str) -> list[str]:
        text = (
            (DEPLOY / path)
            .read_text()
            .replace("{$SITE_HOST} {", "mixcyfe.example.com {")
            .replace("web:8000", "127.0.0.1:8000")
        )
        return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]

    older = lines("caddy/Caddyfile")
    at = older.index("buffer_requests")
    older[at : at + 2] = ["request_buffers 2MB"]
    assert lines("container/Caddyfile") == older
