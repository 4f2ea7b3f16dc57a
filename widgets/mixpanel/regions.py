"""Mixpanel's regions (where Mixpanel stores a project's data), and the address of the API in each region."""

REGIONS: dict[str, str] = {"us": "United States", "eu": "European Union", "in": "India"}
"""A region's code → its name. Source: https://docs.mixpanel.com/docs/privacy/eu-residency and …/in-residency"""

_HOSTS = {"us": "mixpanel.com", "eu": "eu.mixpanel.com", "in": "in.mixpanel.com"}


def api_root(region: str, override: str = "") -> str:
    """Returns the part of the API's addresses before `/query/…` and `/app/…`.

    `override`: an address that replaces the region's, for example of a proxy or the fake Mixpanel.
    """
    if override:
        return override.rstrip("/")
    return f"https://{_HOSTS[region]}/api"
