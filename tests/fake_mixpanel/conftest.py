"""A stand-in to ask, and a way to ask it."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import requests

from fake_mixpanel.dataset import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME
from fake_mixpanel.fake import FakeMixpanel

TODAY = date(2026, 11, 18)  # a Wednesday
ACCOUNT = (DEMO_USERNAME, DEMO_SECRET)

Ask = Callable[..., requests.Response]


def ask_of(standin: FakeMixpanel) -> Ask:
    def ask(
        endpoint: str,
        auth: tuple[str, str] | None = ACCOUNT,
        method: str = "GET",
        timeout: float = 5,
        **params: Any,
    ) -> requests.Response:
        params = {"project_id": DEMO_PROJECT_ID} | params
        params = {name.removesuffix("_"): value for name, value in params.items() if value is not None}
        url = f"{standin.url}/query/{endpoint}"
        return requests.request(method, url, params=params, auth=auth, timeout=timeout)

    return ask


@pytest.fixture
def standin() -> Iterator[FakeMixpanel]:
    with FakeMixpanel(today=TODAY) as standin:
        yield standin


@pytest.fixture
def ask(standin: FakeMixpanel) -> Ask:
    return ask_of(standin)


@pytest.fixture(scope="module")
def answers() -> Iterator[Callable[..., Any]]:
    """The JSON of an answer that must be 200, from a stand-in without limits that the module's tests share."""
    with FakeMixpanel(today=TODAY, hourly_limit=10_000, concurrent_limit=1000) as standin:
        ask = ask_of(standin)

        def answer(endpoint: str, **params: Any) -> Any:
            response = ask(endpoint, **params)
            assert response.status_code == 200, response.text
            return response.json()

        answer.ask = ask  # type: ignore[attr-defined]
        yield answer
