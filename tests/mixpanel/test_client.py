"""The requests that the client sends to Mixpanel, and the values that it returns for Mixpanel's answers."""

import json
import re
from base64 import b64encode

import pytest
import responses

from widgets.mixpanel.auth import ProjectSecret, ServiceAccount
from widgets.mixpanel.client import Bookmark, Client
from widgets.mixpanel.errors import MixpanelError, QueryError, UnavailableError
from widgets.mixpanel.regions import REGIONS, api_root

ROOT = "https://eu.mixpanel.com/api"


@pytest.fixture
def client() -> Client:
    return Client(ServiceAccount("jürgen", "paß:wort"), region="eu", project_id=7)


@pytest.fixture
def mixpanel():
    with responses.RequestsMock() as mock:
        yield mock


def test_it_sends_a_service_accounts_credentials_in_utf_8(mixpanel, client):
    mixpanel.get(f"{ROOT}/query/insights", json={"series": {}})
    assert client.query("insights", {"bookmark_id": 3}) == {"series": {}}
    request = mixpanel.calls[0].request
    assert request.headers["Authorization"] == "Basic " + b64encode("jürgen:paß:wort".encode()).decode()
    assert request.headers["Accept"] == "application/json"
    assert request.headers["User-Agent"] == "MixCyfe"
    assert request.params == {"bookmark_id": "3", "project_id": "7"}


def test_it_sends_a_projects_secret_and_needs_no_project_id(mixpanel):
    mixpanel.get("https://mixpanel.com/api/query/events", json=[])
    assert Client(ProjectSecret("abc"), project_id=None).query("events", {}) == []
    request = mixpanel.calls[0].request
    assert request.headers["Authorization"] == "Basic " + b64encode(b"abc:").decode()
    assert request.url == "https://mixpanel.com/api/query/events"


def test_it_knows_the_address_of_every_region():
    assert {region: api_root(region) for region in REGIONS} == {
        "us": "https://mixpanel.com/api",
        "eu": "https://eu.mixpanel.com/api",
        "in": "https://in.mixpanel.com/api",
    }


def test_the_address_of_a_request_has_no_secret(mixpanel, client):
    mixpanel.get(f"{ROOT}/query/events", json={})
    client.query("events", {"event": '["a"]'})
    assert "wort" not in mixpanel.calls[0].request.url


def test_it_sends_every_kind_of_parameter_as_mixpanel_reads_it(mixpanel):
    mixpanel.get("http://proxy/mp/query/segmentation/sum", json={"results": {}})
    client = Client(ProjectSecret("abc"), project_id=7, workspace_id=9, api_root="http://proxy/mp/")
    client.query("segmentation/sum", {"on": 'properties["ä&b"]', "yes": True, "no": False, "n": 3, "x": 0.5})
    assert mixpanel.calls[0].request.params == {
        "on": 'properties["ä&b"]', "yes": "true", "no": "false", "n": "3", "x": "0.5",
        "project_id": "7", "workspace_id": "9",
    }  # fmt: skip


def test_it_reads_nan_and_infinity_as_text(mixpanel, client):
    mixpanel.get(f"{ROOT}/query/events", body='{"a": NaN, "b": -Infinity, "c": 1e999, "d": 1.5, "e": "NaN"}')
    assert client.query("events", {}) == {"a": "NaN", "b": "-Infinity", "c": "1e999", "d": 1.5, "e": "NaN"}


def test_an_error_of_null_in_an_answer_is_no_error(mixpanel, client):
    mixpanel.get(f"{ROOT}/query/events", json={"error": None, "data": {}})
    assert client.query("events", {}) == {"error": None, "data": {}}


def test_it_lists_events(mixpanel, client):
    mixpanel.get(f"{ROOT}/query/events/names", json=["battle", "View homepage"])
    assert client.event_names() == ["battle", "View homepage"]
    assert mixpanel.calls[0].request.params == {"type": "general", "limit": "255", "project_id": "7"}


def test_it_lists_properties_even_one_named_error(mixpanel, client):
    mixpanel.get(f"{ROOT}/query/events/properties/top", json={"error": {"count": 295}, "plan": {"count": 91}})
    assert client.event_properties("battle") == ["error", "plan"]
    assert mixpanel.calls[0].request.params == {"event": "battle", "limit": "255", "project_id": "7"}


def test_it_lists_a_propertys_values_as_text(mixpanel, client):
    mixpanel.get(f"{ROOT}/query/events/properties/values", json=["cat", 3, 1.5, True, None, ""])
    assert client.property_values("battle", "pet") == ["cat", "3", "1.5", "true", ""]
    assert mixpanel.calls[0].request.params["name"] == "pet"


def test_it_lists_funnels(mixpanel, client):
    mixpanel.get(f"{ROOT}/query/funnels/list", json=[{"funnel_id": 7509, "name": "Signup"}])
    assert client.funnels() == [(7509, "Signup")]


def test_it_lists_saved_reports(mixpanel, client):
    results = [{"id": 1, "name": "Growth", "type": "insights"}, {"id": "2", "name": None, "type": "flows"}]
    mixpanel.get(f"{ROOT}/app/projects/7/bookmarks", json={"status": "ok", "results": results})
    assert client.bookmarks() == [Bookmark(1, "Growth", "insights"), Bookmark(2, "", "flows")]
    assert mixpanel.calls[0].request.params == {"v": "2"}


def test_it_says_that_saved_reports_need_the_projects_id():
    with pytest.raises(QueryError, match="project ID"):
        Client(ProjectSecret("abc"), project_id=None).bookmarks()


each_list = pytest.mark.parametrize("ask", [
    Client.event_names, lambda it: it.event_properties("a"), lambda it: it.property_values("a", "b"),
    Client.funnels, Client.bookmarks,
])  # fmt: skip
WRONG_SHAPES = [
    {}, [], {"results": None}, {"results": [1]}, {"results": [{}]}, [[]], [{"id": "x", "name": "a"}], [None, {}],
    {"results": [{"id": 1, "name": [], "type": "a"}]}, [{"id": True, "funnel_id": 1.5, "name": "a"}], [{"id": {}}],
]  # fmt: skip


@pytest.mark.parametrize("answer", WRONG_SHAPES, ids=json.dumps)
@each_list
def test_it_either_reads_a_list_or_says_that_it_cannot(mixpanel, client, ask, answer):
    mixpanel.get(re.compile(".*"), json=answer)
    try:
        assert isinstance(ask(client), list)
    except MixpanelError as error:
        assert type(error) is UnavailableError
        assert "answer could not be read" in str(error)
        assert error.__context__ is None


@each_list
def test_it_refuses_a_list_of_names_that_is_too_long(mixpanel, client, ask):
    """A list of a million names took a gigabyte of memory and half a minute."""

    def answer(request, count):
        if "properties/top" in request.url:
            return 200, {}, json.dumps({f"p{i}": {"count": 1} for i in range(count)})
        named = [{"id": i, "funnel_id": i, "name": "a", "type": "insights"} for i in range(count)]
        entries = named if re.search("funnels|bookmarks", request.url) else [str(i) for i in range(count)]
        return 200, {}, json.dumps({"results": entries} if "bookmarks" in request.url else entries)

    mixpanel.add_callback("GET", re.compile(".*"), lambda request: answer(request, 5000))
    assert len(ask(client)) == 5000
    mixpanel.reset()
    mixpanel.add_callback("GET", re.compile(".*"), lambda request: answer(request, 5001))
    with pytest.raises(UnavailableError, match="too large: more than 5,000 names"):
        ask(client)


def test_its_repr_shows_only_the_project(client):
    assert repr(client) == "<Client of project 7>"


def test_a_wrong_address_raises_an_unavailable_error():
    for root in ("nowhere", "http://", "http://" + "a" * 70 + ".example/"):
        with pytest.raises(UnavailableError):
            Client(ProjectSecret("abc"), project_id=7, api_root=root).query("events", {})


def test_text_that_no_address_can_contain_raises_a_mixpanel_error():
    with pytest.raises(MixpanelError):
        Client(ProjectSecret("abc"), project_id=7, api_root="http://127.0.0.1:9").query("events", {"event": "\ud800"})
