"""A body is read within its limits, however it is packed."""

import gzip
import tracemalloc
from io import BytesIO

import pytest
import requests
from urllib3 import HTTPResponse

from widgets.mixpanel.answer import TooLarge, Unreadable, read_body


def response(body: bytes, encoding: str = "gzip") -> requests.Response:
    made = requests.Response()
    made.headers["Content-Encoding"] = encoding
    made.raw = HTTPResponse(BytesIO(body), preload_content=False)
    return made


def test_it_reads_as_much_as_it_may_and_no_byte_more():
    for pack, encoding in ((gzip.compress, "gzip"), (bytes, "identity")):
        assert read_body(response(pack(b"x" * 1000), encoding), largest=1000) == b"x" * 1000
        with pytest.raises(TooLarge):
            read_body(response(pack(b"x" * 1001), encoding), largest=1000)


def test_it_unpacks_no_more_than_it_may():
    bomb = gzip.compress(b"\0" * 50_000_000)
    tracemalloc.start()
    with pytest.raises(TooLarge):
        read_body(response(bomb), largest=1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_it_counts_what_follows_a_packed_body():
    with pytest.raises(TooLarge):
        read_body(response(gzip.compress(b"{}") + b"\0" * 1000), largest=1000)


def test_it_says_that_a_packed_body_was_cut():
    with pytest.raises(Unreadable, match="cut short"):
        read_body(response(gzip.compress(b"{}" * 100)[:-9]))
