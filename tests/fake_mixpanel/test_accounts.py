"""Who is let in, and in which words the others are sent away."""

import pytest
import requests

from fake_mixpanel.dataset import DEMO_PROJECT_ID, DEMO_PROJECT_SECRET, DEMO_SECRET, DEMO_USERNAME
from fake_mixpanel.fake import FakeMixpanel
from tests.fake_mixpanel.conftest import ACCOUNT, Ask

SECRET = (DEMO_PROJECT_SECRET, "")


def test_it_lets_a_service_account_in_and_remembers_its_name(standin: FakeMixpanel, ask: Ask) -> None:
    assert ask("funnels/list").status_code == 200
    call = standin.calls[0]
    assert (call.user, call.project_id, call.status, call.endpoint) == (
        DEMO_USERNAME, DEMO_PROJECT_ID, 200, "funnels/list",
    )  # fmt: skip


@pytest.mark.parametrize("project_id", [None, DEMO_PROJECT_ID])
def test_it_lets_a_project_secret_in_with_or_without_its_project(
    standin: FakeMixpanel, ask: Ask, project_id: int | None
) -> None:
    assert ask("funnels/list", auth=SECRET, project_id=project_id).status_code == 200
    assert standin.calls[0].project_id == DEMO_PROJECT_ID
    assert DEMO_PROJECT_SECRET not in repr(standin.calls)


@pytest.mark.parametrize(
    ("auth", "project_id", "status", "message"),
    [
        (None, DEMO_PROJECT_ID, 401, "Invalid service account credentials"),
        (("nobody", "x"), DEMO_PROJECT_ID, 401, "Invalid service account credentials"),
        ((DEMO_USERNAME, "wrong"), DEMO_PROJECT_ID, 401, "Invalid service account credentials"),
        (ACCOUNT, None, 400, "project_id is a required parameter"),
        (ACCOUNT, "12x", 400, "project_id must be an integer"),
        (ACCOUNT, "²", 400, "project_id must be an integer"),
        (ACCOUNT, 99, 403, "does not have permission"),
        (("0123456789abcdef", ""), DEMO_PROJECT_ID, 400, "Unable to authenticate request"),
        (SECRET, 99, 400, "Unable to authenticate request"),
    ],
)
def test_it_sends_others_away_without_counting_them(
    standin: FakeMixpanel, ask: Ask, *, auth: tuple[str, str] | None, project_id: object, status: int, message: str
) -> None:
    response = ask("funnels/list", auth=auth, project_id=project_id)
    assert response.status_code == status
    assert message in response.json()["error"]
    assert response.json()["request"].startswith("/api/2.0/funnels/list")
    assert standin.calls[0].status == status
    assert standin.traffic.state()["projects"] == {}


def test_it_gives_each_account_its_own_projects() -> None:
    accounts = {"ann": "a", "bob": "b"}
    with FakeMixpanel(accounts=accounts, secrets={"s": 3}, projects={"ann": [1, 2]}) as standin:

        def status(user: str, project: int) -> int:
            url = f"{standin.url}/query/funnels/list"
            auth = (user, accounts[user])
            return requests.get(url, params={"project_id": project}, auth=auth, timeout=5).status_code

        assert [status("ann", project) for project in (1, 2, 3)] == [200, 200, 403]
        assert [status("bob", project) for project in (1, 2, 3, 4)] == [200, 200, 200, 403]


def test_it_takes_the_project_of_saved_reports_from_the_path(standin: FakeMixpanel) -> None:
    url = f"{standin.url}/app/projects/{DEMO_PROJECT_ID}/bookmarks"
    assert requests.get(url, params={"v": 2}, auth=ACCOUNT, timeout=5).status_code == 200
    assert requests.get(url, params={"v": 2}, auth=(DEMO_USERNAME, "no"), timeout=5).status_code == 401
    elsewhere = requests.get(f"{standin.url}/app/projects/99/bookmarks?v=2", auth=ACCOUNT, timeout=5)
    assert (elsewhere.status_code, elsewhere.json()["request"]) == (403, "/api/app/projects/99/bookmarks?v=2")
    assert [call.endpoint for call in standin.calls] == ["app/bookmarks"] * 3


def test_it_answers_402_when_the_plan_has_no_api(standin: FakeMixpanel, ask: Ask) -> None:
    standin.plan_allows_api = False
    response = ask("funnels/list")
    assert (response.status_code, response.json()["error"]) == (402, "Your plan does not allow API calls")
    assert ask("funnels/list", auth=("nobody", "x")).status_code == 401
    standin.plan_allows_api = True
    assert ask("funnels/list").status_code == 200


def test_it_knows_no_other_endpoints_and_methods(ask: Ask) -> None:
    assert ask("jql").status_code == 404
    assert ask("cohorts/list").status_code == 405
    assert ask("cohorts/list", method="POST").status_code == 200


def test_it_takes_parameters_from_a_posted_form(standin: FakeMixpanel) -> None:
    form = {"project_id": DEMO_PROJECT_ID}
    url = f"{standin.url}/query/cohorts/list"
    assert requests.post(url, data=form, auth=(DEMO_USERNAME, DEMO_SECRET), timeout=5).status_code == 200
