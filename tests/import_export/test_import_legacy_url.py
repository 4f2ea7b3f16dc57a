"""`import_legacy_url` turns an address of the 2015 connector (an older program) into a project and a widget."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.management.base import CommandError

from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_PROJECT_SECRET, FakeMixpanel
from tests.commands.conftest import Printed
from tests.commands.copy import Copy
from tests.conftest import new_project
from widgets.models import Project, Widget

SECRET = DEMO_PROJECT_SECRET
KEY = "77a1e0b2c4d94f5e8c6b3a2910fedcba"
BASE = "http://dashboards.example.com:5000/mixpanel/api/v1.0"
ADDRESS = f"{BASE}/Signed_up/{SECRET}/{KEY}"
Run = Callable[..., Printed]


@pytest.fixture
def import_url(manage: Run) -> Callable[..., Widget]:
    """A function that imports a legacy address. Returns the new widget, whose address the command printed."""

    def run(url: str, *options: str) -> Widget:
        (line,) = manage("import_legacy_url", url, *options).lines
        title, address = line.split("\t")
        widget = Widget.objects.get(slug=address.rsplit("/", 1)[1].removesuffix(".csv"))
        assert (widget.title, widget.url()) == (title, address)
        return widget

    return run


def test_it_makes_a_project_and_a_widget_that_answers(
    import_url: Callable[..., Widget], mixpanel: FakeMixpanel, poll: Callable[..., Any]
) -> None:
    widget = import_url(f"{BASE}/Signed_up/{SECRET}/{KEY}?by=plan&clean=true")
    assert (widget.report, widget.events, widget.breakdown) == ("segmentation", ["Signed up"], "plan")
    assert (widget.range, widget.last, widget.unit, widget.include_today) == ("last", 30, "day", False)
    assert (widget.chart, widget.clean_labels, widget.title) == ("line", True, "Signed up by plan")
    project = widget.project
    assert (project.auth, project.username, project.project_id) == ("project_secret", "", None)
    assert (project.name, project.region, project.secret.reveal()) == ("Mixpanel (moved in)", "us", SECRET)
    answer = poll(widget)
    rows = answer.content.decode().splitlines()
    assert answer.status_code == 200
    assert rows[0].startswith("Date,")
    assert len([row for row in rows if re.match(r"\d{8},", row)]) == 30
    (call,) = mixpanel.calls
    assert (call.user, call.project_id, call.endpoint) == ("project secret", DEMO_PROJECT_ID, "segmentation")


def test_an_address_without_by_becomes_a_widget_of_one_event(import_url: Callable[..., Widget]) -> None:
    widget = import_url(ADDRESS)
    assert (widget.report, widget.events, widget.breakdown) == ("events", ["Signed up"], "")
    assert widget.title == "Signed up"
    assert import_url(f"{ADDRESS}?by=") == widget


@pytest.mark.parametrize(
    ("path", "query", "event", "by"),
    [
        ("App_Open", "by=campaign_name", "App Open", "campaign name"),
        ("App%20Open", "by=campaign%20name", "App Open", "campaign name"),
        ("App Open", "by=campaign+name", "App Open", "campaign name"),
        ("App%5FOpen", "by=campaign%5Fname", "App Open", "campaign name"),
        ("a%2Fb", "by=a%2Fb%26c", "a/b", "a/b&c"),
        ("50%", "by=50%", "50%", "50%"),
        ("C%2B%2B", "by=C%2B%2B", "C++", "C++"),
        ("Gr%C3%BC%C3%9Fe", "by=%F0%9F%98%80", "Grüße", "😀"),
        ("%22quoted%22%3Cb%3E", "by=%22", '"quoted"<b>', '"'),
        ("Signed_up", "by=plan&by=other&token=x#fragment", "Signed up", "plan"),
    ],
)
def test_it_reads_names_as_the_connector_did(
    import_url: Callable[..., Widget], path: str, query: str, event: str, by: str
) -> None:
    widget = import_url(f"  {BASE}/{path}/{SECRET}/{KEY}//?{query}\n")
    assert (widget.events, widget.breakdown) == ([event], by)


@pytest.mark.parametrize(
    ("query", "clean"),
    [
        ("", False),
        ("?clean=", False),
        ("?clean=False", False),
        ("?clean=0", False),
        ("?clean=true", True),
        ("?clean=TRUE", True),
        ("?clean=1", True),
    ],
)
def test_it_cleans_when_the_address_says_so(import_url: Callable[..., Widget], query: str, clean: bool) -> None:
    assert import_url(ADDRESS + query).clean_labels is clean


def test_it_supports_the_connectors_two_charts(import_url: Callable[..., Widget]) -> None:
    assert import_url(f"{ADDRESS}?charttype=line").chart == "line"
    pie = import_url(f"{ADDRESS}?charttype=Pie&by=plan")
    assert (pie.chart, pie.title) == ("pie", "Signed up by plan (pie)")


def test_an_address_that_was_imported_before_finds_its_widget(manage: Run, import_url: Callable[..., Widget]) -> None:
    widget = import_url(ADDRESS)
    Widget.objects.filter(pk=widget.pk).update(title="Renamed by us", colors=["#112233"])
    assert import_url(ADDRESS + "/").slug == widget.slug
    assert import_url(f"{ADDRESS}?charttype=pie").slug != widget.slug
    assert import_url(f"{ADDRESS}?clean=true").slug != widget.slug
    assert import_url(f"{ADDRESS}?by=plan").slug != widget.slug
    assert (Widget.objects.count(), Project.objects.count()) == (4, 1)
    assert Widget.objects.get(pk=widget.pk).colors == ["#112233"]
    Widget.objects.filter(pk=widget.pk).update(active=False)
    assert "is paused" in manage("import_legacy_url", ADDRESS).err


def test_it_adds_a_number_to_a_title_that_is_taken(import_url: Callable[..., Widget]) -> None:
    assert [import_url(url).title for url in (ADDRESS, f"{ADDRESS}?clean=true")] == ["Signed up", "Signed up (2)"]
    long = "x" * 250
    titles = {import_url(f"{BASE}/{long}/{SECRET}/{KEY}{query}").title for query in ("", "?clean=1")}
    assert len(titles) == 2


def test_it_finds_an_existing_project_by_its_secret(import_url: Callable[..., Widget]) -> None:
    first = import_url(ADDRESS, "--project", "Acme", "--region", "eu").project
    assert (first.name, first.region) == ("Acme", "eu")
    assert import_url(f"{ADDRESS}?by=plan", "--project", "Another name").project == first
    other = import_url(ADDRESS.replace(SECRET, "b" * 32)).project
    assert (other.name, other.secret.reveal()) == ("Mixpanel (moved in)", "b" * 32)
    assert import_url(ADDRESS.replace(SECRET, "c" * 32)).project.name == "Mixpanel (moved in) (2)"


def test_a_later_import_can_add_the_project_id(import_url: Callable[..., Widget]) -> None:
    widget = import_url(ADDRESS)
    again = import_url(ADDRESS, "--project-id", str(DEMO_PROJECT_ID))
    assert (again, again.project.project_id) == (widget, DEMO_PROJECT_ID)
    with pytest.raises(CommandError, match="but another id"):
        import_url(ADDRESS, "--project-id", "7")


def test_it_does_not_change_a_service_account(mixpanel: FakeMixpanel, manage: Run) -> None:
    project = new_project()
    printed = manage("import_legacy_url", ADDRESS, "--project-id", str(DEMO_PROJECT_ID))
    assert Widget.objects.get().project == project
    project.refresh_from_db()
    assert (project.auth, project.secret.reveal() != SECRET) == ("service_account", True)
    assert "keeps its credentials" in printed.err
    assert "2027" not in printed.err


def test_it_refuses_a_name_that_another_project_has(mixpanel: FakeMixpanel, import_url: Callable[..., Widget]) -> None:
    new_project(name="Acme")
    with pytest.raises(CommandError, match="There is a project Acme with other credentials"):
        import_url(ADDRESS, "--project", "Acme")
    assert not Widget.objects.exists()


def test_it_works_though_the_keys_of_other_secrets_are_lost(import_url: Callable[..., Widget], settings: Any) -> None:
    lost = import_url(ADDRESS, "--project-id", "7").project
    settings.FIELD_ENCRYPTION_KEYS = ["3sm1ykdDOXPRuWHXbXMQr1XpH3BQJxJbQeIWbPyUuWo="]
    other = import_url(f"{ADDRESS}?by=plan").project
    assert other != lost
    assert other.secret.reveal() == SECRET
    repaired = import_url(ADDRESS.replace(SECRET, "d" * 32), "--project-id", "7").project
    assert (repaired, repaired.secret.reveal()) == (lost, "d" * 32)


def test_it_says_what_is_left_to_do(manage: Run) -> None:
    printed = manage("import_legacy_url", ADDRESS)
    assert "3 March 2027" in printed.err
    assert f"/admin/widgets/project/{Project.objects.get().pk}/change/" in printed.err
    assert "US/Pacific" in printed.err
    assert "US/Pacific" not in manage("import_legacy_url", ADDRESS).err
    doubtful = manage("import_legacy_url", f"{ADDRESS}?by=mp_country_code")
    assert "this widget uses “mp country code” instead of mp_country_code" in doubtful.err


def test_it_imports_all_addresses_or_none(manage: Run) -> None:
    urls = [ADDRESS, f"{ADDRESS}?by=plan", f"{ADDRESS}?by=plan&charttype=pie"]
    bad = "\n".join([*urls, f"{ADDRESS}?charttype=map"]).encode()
    with pytest.raises(CommandError, match=r"Nothing was imported\. Address 4: charttype"):
        manage("import_legacy_url", "-", stdin=bad)
    assert not Project.objects.exists()
    printed = manage("import_legacy_url", "-", stdin="\n\n".join(urls).encode())
    assert [line.split("\t")[0] for line in printed.lines] == [
        "Signed up",
        "Signed up by plan",
        "Signed up by plan (pie)",
    ]
    assert manage("import_legacy_url", *urls).out == printed.out


HOSTILE = {
    "empty": "",
    "a word": "signups",
    "no scheme": ADDRESS.removeprefix("http://"),
    "ftp": ADDRESS.replace("http", "ftp"),
    "no host": ADDRESS.replace("dashboards.example.com:5000", ""),
    "broken host": ADDRESS.replace("dashboards.example.com:5000", "[::1"),
    "another path": ADDRESS.replace("v1.0", "v2.0"),
    "no key": f"{BASE}/Signed_up/{SECRET}",
    "one part more": f"{ADDRESS}/{KEY}",
    "empty event": f"{BASE}//{SECRET}/{KEY}",
    "blank event": f"{BASE}/_/{SECRET}/{KEY}",
    "secret first": f"{BASE}/{SECRET}/{KEY}/Signed_up",
    "secret with a colon": f"{BASE}/Signed_up/{SECRET}:x/{KEY}",
    "secret with a space": f"{BASE}/Signed_up/{SECRET}%20x/{KEY}",
    "secret with a line break": f"{BASE}/Signed_up/{SECRET}%0a/{KEY}",
    "secret that is too long": f"{BASE}/Signed_up/{SECRET * 10}/{KEY}",
    "NUL in the event": f"{BASE}/Signed%00up/{SECRET}/{KEY}",
    "line break in the event": f"{BASE}/Signed%0aup/{SECRET}/{KEY}",
    "escape in by": f"{ADDRESS}?by=%1b[31m",
    "lone surrogate": f"{BASE}/Signed\udce4up/{SECRET}/{KEY}",
    "event in Latin-1": f"{BASE}/Gr%FC%DFe/{SECRET}/{KEY}",
    "by in Latin-1": f"{ADDRESS}?by=gr%FC%DF",
    "blank by": f"{ADDRESS}?by=_",
    "expression": f'{ADDRESS}?by=properties["plan"]',
    "very long by": f"{ADDRESS}?by={'x' * 1001}",
    "unknown chart": f"{ADDRESS}?charttype=map",
    "unknown word": f"{ADDRESS}?clean=maybe",
    "many fields": f"{ADDRESS}?{'a=b&' * 200}",
}


@pytest.mark.parametrize("url", HOSTILE.values(), ids=HOSTILE)
def test_it_refuses_a_bad_address_with_one_line(manage: Run, url: str) -> None:
    with pytest.raises(CommandError, match=r"^Nothing was imported\. ") as refused:
        manage("import_legacy_url", url)
    said = str(refused.value)
    assert said.isprintable()
    assert SECRET not in said
    assert KEY not in said
    assert not Project.objects.exists()
    assert not Widget.objects.exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--region", "mars"),
        ("--region", SECRET),
        ("--project-id", "0"),
        ("--project-id", "ten"),
        ("--project-id", "9" * 400),
        ("--project", "x" * 101),
        ("--project", ADDRESS),
    ],
)
def test_it_refuses_bad_options_with_one_line(manage: Run, options: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match=r"^Nothing was imported\. --") as refused:
        manage("import_legacy_url", ADDRESS, *options)
    assert str(refused.value).isprintable()
    assert SECRET not in str(refused.value)
    assert not Project.objects.exists()


RUNS: list[tuple[tuple[str, ...], int]] = [
    ((f"{ADDRESS}?by=plan", "-v3"), 0),
    ((f"{ADDRESS}?charttype=map", "--traceback"), 1),
    (("--verbosity", ADDRESS, ADDRESS, "--unknown", ADDRESS), 1),
]


@pytest.mark.slow
def test_it_prints_no_part_of_the_credentials_and_stores_no_readable_secret(site: Copy) -> None:
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda run: site.manage("import_legacy_url", *run[0], LOG_LEVEL="DEBUG"), RUNS))
    for (arguments, code), result in zip(RUNS, results, strict=True):
        printed = result.stdout + result.stderr
        assert result.returncode == code, printed
        assert not any(part in printed for part in (SECRET, KEY, SECRET[:8], KEY[:8]))
        if code and "--traceback" not in arguments:
            assert (result.stdout, result.stderr.count("\n")) == ("", 1), printed
    stored = b"".join(path.read_bytes() for path in site.folder.glob("db.sqlite3*"))
    assert SECRET.encode() not in stored
    assert KEY.encode() not in stored
