import re

import pytest

from tests.cyfe.reports import body, totals
from widgets.cyfe import Drawing, lay_out, write_csv
from widgets.cyfe.countries import COUNTRIES
from widgets.cyfe.country_map import country_code, dropped
from widgets.cyfe.labels import safe
from widgets.report import ReportError

SIGNUPS = totals({"US": 450, "FR": 120}, labels_name="Country", values_name="Signed up")


def test_it_writes_names_and_one_colour_when_asked():
    assert body(SIGNUPS, "map", colors=["#00bfff"], options={"country_names": True}) == (
        "Country,Signed up\nUnited States,450\nFrance,120\nColor,#00bfff\n"
    )


def test_it_omits_labels_that_are_no_country_code_and_lists_them():
    report = totals({"us": 1, "ZZ": 2, "": 3, "ß": 4, "Other": 5, "U,S": 6, "eu": 7, "Color": 8})
    assert body(report, "map") == "Country,Value\nUS,1\n"
    assert dropped(report) == ("ZZ", "", "ß", "Other", "U,S", "eu", "Color")


def test_its_colour_is_that_of_the_first_label_that_is_drawn():
    report, drawing = totals({"ZZ": 9, "us": 2}), Drawing("map", colors={"us": "#00bfff"})
    table = lay_out(report, drawing)
    assert table.colors == (("us", "#00bfff"),)
    assert write_csv(table).decode() == "Country,Value\nUS,2\nColor,#00bfff\n"


def test_it_adds_up_labels_of_the_same_country():
    values = {"UK": 1, "fr": 10, "GB": 2, "gb": None, "FR": 5}
    assert body(totals(values, additive=True), "map") == "Country,Value\nGB,3\nFR,15\n"


def test_it_keeps_the_first_of_the_same_country_where_values_do_not_add_up():
    assert body(totals({"gb": 7, "UK": 1}), "map") == "Country,Value\nGB,7\n"


def test_it_says_what_a_map_needs_when_no_label_is_a_country():
    with pytest.raises(ReportError, match="two-letter country codes"):
        body(totals({"iPhone": 1}), "map")


def test_it_knows_every_country_by_a_name_that_needs_no_quotes():
    assert len(COUNTRIES) == len(set(COUNTRIES.values())) == 249
    assert all(re.fullmatch("[A-Z]{2}", code) and country_code(code.lower()) == code for code in COUNTRIES)
    assert all(safe(name) == name for name in COUNTRIES.values())
    assert COUNTRIES["CD"] == "Democratic Republic of the Congo"
    assert COUNTRIES["CI"] == "Côte d'Ivoire"
