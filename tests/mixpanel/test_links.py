"""Links to Mixpanel that people paste: the IDs read from each form of link, and the advice if a link is refused."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from widgets.mixpanel.links import LARGEST_ID, BadLink, Link, read_link

PROJECT = "https://mixpanel.com/project/2195193/view/139237/app"


def link(report="saved_report", number=7654321, app="insights", region="us", workspace=139237):
    return Link(region, 2195193, workspace, report, number, app)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{PROJECT}/insights#report/7654321", link()),
        (f"{PROJECT}/insights#report/7654321/signups-by-country", link()),
        (f"{PROJECT}/insights#report/7654321?from=-7", link()),
        (f"{PROJECT}/insights/#report/7654321/", link()),
        (f"{PROJECT}/insights?discover=1&utm_source=mail#report/7654321", link()),
        (f"{PROJECT}/insights#/report/7654321", link()),
        (f"{PROJECT}/insights#report%2F7654321", link()),
        (f"{PROJECT}/retention#report/7654321", link(app="retention")),
        (f"{PROJECT}/funnels#view/7654321", link("funnel", app="funnels")),
        (f"{PROJECT}/funnels#view/7654321/first-game", link("funnel", app="funnels")),
        (f"{PROJECT}/funnels#report/7654321", link(app="funnels")),
        (f'{PROJECT}/boards#id=12345&editor-card-id="report-7654321"', link(app="boards")),
        (f"{PROJECT}/boards#id=12345&editor-card-id=%22report-7654321%22", link(app="boards")),
        (f"{PROJECT}/boards#id%3D12345%26editor-card-id%3D%22report-7654321%22", link(app="boards")),
        (f"{PROJECT}/boards#editor-card-id=report-7654321&id=12345", link(app="boards")),
        (f"{PROJECT}/dashboards#id=12345&editor-card-id=%22report-7654321%22", link(app="boards")),
        ("https://mixpanel.com/project/2195193/app/insights#report/7654321", link(workspace=None)),
        ("https://mixpanel.com/report/2195193/view/139237/insights#report/7654321", link()),
        ("https://mixpanel.com/report/2195193/funnels#view/7654321", link("funnel", app="funnels", workspace=None)),
        (f"{PROJECT}/insights#report/{LARGEST_ID}", link(number=LARGEST_ID)),
    ],
)
def test_it_reads_every_form(text, expected):
    assert read_link(text) == expected


@pytest.mark.parametrize(
    ("host", "region"),
    [("mixpanel.com", "us"), ("www.mixpanel.com", "us"), ("eu.mixpanel.com", "eu"), ("in.mixpanel.com", "in")],
)
def test_it_knows_the_region_by_the_host(host, region):
    path = f"{host}/project/2195193/view/139237/app/insights#report/7654321"
    for start in ("https://", "http://", "HTTPS://", ""):
        assert read_link(start + path) == link(region=region)
    assert read_link("https://" + path.replace(host, host.upper())) == link(region=region)


@pytest.mark.parametrize("around", ["  {}\n", '"{}"', "'{}'", "<{}>", "({})", "“{}”", "\ufeff{}\u200b", "`{}`"])
def test_it_removes_quotes_brackets_and_blanks_around_the_link(around):
    assert read_link(around.format(f"{PROJECT}/insights#report/7654321")) == link()
    card = f'{PROJECT}/boards#id=12345&editor-card-id="report-7654321"'
    assert read_link(around.format(card)) == link(app="boards")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "hello",
        "7654321",
        "https://",
        "https://example.com/project/1/view/2/app/insights#report/3",
        "https://evil-mixpanel.com/project/1/view/2/app/insights#report/3",
        "https://mixpanel.com.evil.com/project/1/view/2/app/insights#report/3",
        "https://evil.com/mixpanel.com/project/1/view/2/app/insights#report/3",
        "https://us.mixpanel.com/project/1/view/2/app/insights#report/3",
        "https://user@mixpanel.com/project/1/view/2/app/insights#report/3",
        "https://user:pw@mixpanel.com/project/1/view/2/app/insights#report/3",
        "https://mixpanel.com@evil.com/project/1/view/2/app/insights#report/3",
        "https://mixpanel.com\\@evil.com/project/1/view/2/app/insights#report/3",
        "https://mixpanel.com:8443/project/1/view/2/app/insights#report/3",
        "https://mixpanel.com./project/1/view/2/app/insights#report/3",
        "https://mıxpanel.com/project/1/view/2/app/insights#report/3",
        "https://[::1/project/1/view/2/app/insights#report/3",
        "ftp://mixpanel.com/project/1/view/2/app/insights#report/3",
        "javascript://mixpanel.com/project/1/view/2/app/insights#report/3",
        "see https://mixpanel.com/project/1/view/2/app/insights#report/3",
        "https://mixpanel.com/project/1/view/2\n/app/insights#report/3",
        f"{PROJECT}/insights#report/3{'x' * 5000}",
    ],
)
def test_it_says_what_to_paste_if_a_text_is_no_address_of_mixpanel(text):
    with pytest.raises(
        BadLink, match=r"not an address of Mixpanel\. Paste a report's address, as your browser shows it: https://"
    ):
        read_link(text)


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("https://mixpanel.com/", "names no report. Open the report itself"),
        ("https://mixpanel.com/public/AbCdEf123", "names no report"),
        ("https://mixpanel.com/project/2195193/view/139237", "names no report"),
        ("https://mixpanel.com/project/2195193/view/139237/app", "names no report"),
        ("https://mixpanel.com/project/abc/view/2/app/insights#report/3", "names no report"),
        ("https://mixpanel.com/project/２１/view/2/app/insights#report/3", "names no report"),
        (f"{PROJECT}/insights", "no saved report. Save the report in Mixpanel"),
        (f"{PROJECT}/insights#~(columns~(widths~()))", "no saved report"),
        (f"{PROJECT}/insights?discover=1#AbCd12345", "no saved report"),
        (f"{PROJECT}/insights#report/", "no saved report"),
        (f"{PROJECT}/insights#report/12ab", "no saved report"),
        (f"{PROJECT}/insights#view/12", "no saved report"),
        (f"{PROJECT}/insights#report/-5", "no saved report"),
        (f"{PROJECT}/retention#view/12", "no saved report"),
        (
            f"{PROJECT}/flows#report/7654321",
            "“flows” can't become a widget. A widget can show saved reports of Insights",
        ),
        (f"{PROJECT}/users#report/7654321", "“users” can't become a widget"),
        (f"{PROJECT}/events", "“events” can't become a widget"),
        (f"{PROJECT}/boards#id=12345", "whole board, .* ⋯ menu"),
        (f"{PROJECT}/boards", "whole board"),
        (f"{PROJECT}/boards#id=12345&editor-card-id=%22text-77%22", "card of the board is not a report"),
        (f"{PROJECT}/boards#id=12345&editor-card-id=report-", "card of the board is not a report"),
        (f"{PROJECT}/insights#report/0", "report's number in this address can't be right"),
        (f"{PROJECT}/insights#report/{LARGEST_ID + 1}", "report's number in this address can't be right"),
        (f"{PROJECT}/insights#report/{'9' * 3000}", "report's number in this address can't be right"),
        ("https://mixpanel.com/project/0/view/2/app/insights#report/3", "project's number"),
        ("https://mixpanel.com/project/1/view/0/app/insights#report/3", "workspace's number"),
    ],
)
def test_it_says_what_is_missing_in_other_addresses_of_mixpanel(rest, words):
    with pytest.raises(BadLink, match=words):
        read_link(rest)


ids = st.integers(1, LARGEST_ID)
pieces = st.sampled_from(
    [
        *[
            "https://",
            "http:/",
            "//",
            "mixpanel.com",
            "eu.",
            "www.",
            "@",
            ":",
            "/project/",
            "/report/",
            "/view/",
            "/app/",
        ],
        *["insights", "funnels", "boards", "flows", "#", "?", "report/", "view/", "editor-card-id=", '"report-', "%22"],
        *[
            "&",
            "id=",
            "1",
            "99999999999999999999",
            "-",
            "%",
            "%2",
            "%ff",
            "[",
            "]",
            "\x00",
            "\ud800",
            " ",
            "\n",
            "١",
            "K",
        ],
    ]
)


@settings(deadline=None)
@given(st.text() | st.lists(pieces, max_size=20).map("".join))
@example("https://[")
@example("https://mixpanel.com/\ud800")
@example("//[v1.]/")
@example("https://\u2100.com")
@example("%" * 4000)
def test_any_text_becomes_a_valid_link_or_an_error_message(text):
    try:
        found = read_link(text)
    except BadLink as bad:
        assert str(bad).endswith((".", "…")) and "\n" not in str(bad)
    else:
        assert isinstance(found, Link) and 1 <= found.id <= LARGEST_ID


@settings(deadline=None)
@given(
    st.sampled_from([("mixpanel.com", "us"), ("eu.mixpanel.com", "eu"), ("in.mixpanel.com", "in")]),
    ids,
    st.none() | ids,
    ids,
    st.sampled_from(
        [
            ("insights", "#report/{}", "saved_report"),
            ("retention", "#report/{}", "saved_report"),
            ("funnels", "#view/{}", "funnel"),
            ("boards", "#id=5&editor-card-id=%22report-{}%22", "saved_report"),
        ]
    ),
    st.sampled_from(["", "?a=b", "/", "/?x=%22y%22"]),
)
def test_it_finds_all_parts_of_a_generated_link(place, project, workspace, number, form, extra):
    (host, region), (app, ending, report) = place, form
    view = f"/view/{workspace}" if workspace else ""
    text = f"https://{host}/project/{project}{view}/app/{app}{extra}{ending.format(number)}"
    assert read_link(text) == Link(region, project, workspace, report, number, app)
