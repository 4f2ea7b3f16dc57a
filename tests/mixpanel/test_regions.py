import pytest

from widgets.mixpanel.regions import REGIONS, api_root


def test_it_knows_the_address_of_every_region():
    assert {region: api_root(region) for region in REGIONS} == {
        "us": "https://mixpanel.com/api",
        "eu": "https://eu.mixpanel.com/api",
        "in": "https://in.mixpanel.com/api",
    }


def test_another_address_can_replace_that_of_a_region():
    assert api_root("eu", "http://127.0.0.1:9/api/") == "http://127.0.0.1:9/api"


def test_it_refuses_a_region_that_mixpanel_does_not_have():
    with pytest.raises(ValueError, match="mars"):
        api_root("mars")
