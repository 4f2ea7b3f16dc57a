"""Where Mixpanel keeps a project's data, and the address of its API there."""

REGIONS: dict[str, str] = {"us": "United States", "eu": "European Union", "in": "India"}
"""Code → name for people. Source: https://docs.mixpanel.com/docs/privacy/eu-residency and …/in-residency"""

_HOSTS = {"us": "mixpanel.com", "eu": "eu.mixpanel.com", "in": "in.mixpanel.com"}


def api_root(region: str, override: str = "") -> str:
    """What comes before `/query/…` and `/app/…`, without a trailing slash.

    `override` (a proxy, a stand-in) replaces it for every region. Raises ValueError for an unknown region.
    """
    if override:
        return override.rstrip("/")
    if region not in _HOSTS:
        raise ValueError(f"unknown region {region!r}: one of {', '.join(REGIONS)}")
    return f"https://{_HOSTS[region]}/api"
