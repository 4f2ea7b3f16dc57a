"""The files in which processes store their counts: private, and correct after a crash."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.web.metrics import BEARER, Numbers, folder, numbers
from widgets.counting import polls
from widgets.models import Project, Widget

__all__ = ["folder", "numbers"]
MakeWidget = Callable[..., Widget]


def test_only_this_user_can_read_the_files(folder: Path, numbers: Callable[[], Numbers], client: Client) -> None:
    numbers()
    (made,) = folder.iterdir()
    assert made.stat().st_mode & 0o777 == 0o700
    made.chmod(0o755)
    answer = client.get("/metrics", headers=BEARER)
    assert (answer.status_code, b"TMPDIR" in answer.content) == (503, True)


def test_a_symbolic_link_is_not_followed(folder: Path, numbers: Callable[[], Numbers], client: Client) -> None:
    numbers()
    (made,) = folder.iterdir()
    made.rename(folder / "elsewhere")
    made.symlink_to(folder / "elsewhere")
    assert client.get("/metrics", headers=BEARER).status_code == 503


def test_nothing_is_counted_without_a_token(make_widget: MakeWidget, poll: Any, folder: Path, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    poll(make_widget())
    assert not list(folder.iterdir())


def test_a_crash_while_counts_are_added_up_counts_nothing_twice(
    folder: Path, numbers: Callable[[], Numbers], monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers()
    (made,) = folder.iterdir()
    for number in (1, 2):
        (made / f"{number}-gone.counts").write_bytes(number.to_bytes(8, sys.byteorder))
    with monkeypatch.context() as crash:
        crash.setattr(Path, "unlink", crashes)
        with pytest.raises(KeyboardInterrupt):
            polls.counted()
    assert len(list(made.glob("*.counts"))) == 2
    assert [polls.counted()["fresh"] for _ in range(2)] == [3, 3]
    assert not list(made.glob("*.counts"))


def crashes(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("left", [b"", bytes(8), b'{"counts": [1', b"[]"], ids=["nothing", "zeros", "half", "list"])
def test_an_incomplete_file_after_a_crash_causes_no_error(
    folder: Path, numbers: Callable[[], Numbers], project: Project, left: bytes
) -> None:
    numbers()
    (made,) = folder.iterdir()
    for name in ("ended.json", "calls.json"):
        (made / name).write_bytes(left)
    found = numbers()
    assert (found["mixcyfe_polls_total", "fresh"], found["mixcyfe_queries_left", "Acme"]) == (0, 60)
