"""The stand-in's switches over HTTP, for tests in other processes; nothing of Mixpanel's.

GET /control/calls    every call, as JSON
GET /control/state    running now, most running, duplicates in flight, count
POST /control/set     {"reset": true, "heal": true, "latency": 0.3, "fail": {"status": 503, "times": 2}, …}
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fake_mixpanel.fake import FakeMixpanel

SETTINGS = {
    "latency": float,
    "hourly_limit": int,
    "concurrent_limit": int,
    "hour_seconds": float,
    "plan_allows_api": bool,
}


def answer(standin: FakeMixpanel, method: str, path: str, body: bytes) -> tuple[int, object]:
    """Status and JSON."""
    match method, path:
        case "GET", "/control/calls":
            return 200, [asdict(call) for call in standin.calls]
        case "GET", "/control/state":
            return 200, standin.traffic.state()
        case "POST", "/control/set":
            try:
                change(standin, json.loads(body))
            except (ValueError, TypeError, AttributeError) as error:
                return 400, {"error": f"{type(error).__name__}: {error}"}
            return 200, standin.traffic.state()
    return 404, {"error": f"no such control: {method} {path}"}


def change(standin: FakeMixpanel, wanted: dict[str, Any]) -> None:
    """`reset` and `heal` come first, whatever their place; raises ValueError or TypeError."""
    unknown = set(wanted) - {*SETTINGS, "reset", "heal", "fail", "broken", "today", "zones"}
    if unknown:
        raise ValueError(f"no such switch: {', '.join(sorted(unknown))}")
    if wanted.get("reset"):
        standin.reset()
    if wanted.get("heal"):
        standin.clear_faults()
    for name, kind in SETTINGS.items():
        if name in wanted:
            setattr(standin, name, kind(wanted[name]))
    if "today" in wanted:
        standin.today = date.fromisoformat(wanted["today"]) if wanted["today"] else None
    if "zones" in wanted:
        standin.who.zones = {int(project): zone for project, zone in wanted["zones"].items()}
    if wanted.get("fail"):
        standin.fail(**wanted["fail"])
    if wanted.get("broken"):
        broken = wanted["broken"]
        standin.broken(**({"kind": broken} if isinstance(broken, str) else broken))
