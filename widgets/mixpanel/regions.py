"""Mixpanel's regions (each stores the data of its projects), and the address of the API in each region."""

REGIONS: dict[str, str] = {"us": "United States", "eu": "European Union", "in": "India"}
"""Code → name for people. Source: https://docs.mixpanel.com/docs/privacy/eu-residency and …/in-residency"""

_HOSTS = {"us": "mixpanel.com", "eu": "eu.mixpanel.com", "in": "in.mixpanel.com"}


def api_root(region: str, override: str = "") -> str:
    """The address before `/query/…` and `/app/…`, without a trailing slash. Raises ValueError for an unknown region.

    `override` (a proxy, or the fake Mixpanel) replaces the address of every region.
    """
    if override:
        return override.rstrip("/")
    if region not in _HOSTS:
        raise ValueError(f"unknown region {region!r}: one of {', '.join(REGIONS)}")
    return f"https://{_HOSTS[region]}/api"
