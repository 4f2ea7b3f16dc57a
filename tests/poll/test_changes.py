"""The record of changes in one process, while another thread records more changes."""

from collections.abc import Iterator

from widgets.poll.changes import Changes


def test_a_page_is_not_used_if_a_change_comes_during_its_lookup() -> None:
    changes = Changes()
    changes.record("w1")

    def names() -> Iterator[str]:
        changes.record()  # without a name: everything might have changed
        yield "w1"

    assert not changes.none_since(0, names())
