"""Responses that repeat the credentials, as Mixpanel or a proxy in front of it might send them."""

import json

import requests

from tests.security.marker import SECRET, pair

Reply = tuple[int, dict[str, str], bytes] | Exception


def replies(header: str, auth: str) -> dict[str, Reply]:
    said = f"cannot use {pair(auth)} or {header} or {SECRET} here"
    error = json.dumps({"error": said, "request": f"/api/query?secret={SECRET}"}).encode()
    return {
        "credentials": (401, {}, error),
        "plan": (402, {}, error),
        "access": (403, {}, error),
        "query": (400, {}, error),
        "time zone": (400, {}, json.dumps({"error": f"to_date cannot be later than today {said}"}).encode()),
        "limit": (429, {"Retry-After": SECRET}, error),
        "server": (500, {"X-Echo": "x"}, f"<html><pre>Authorization: {header}\n{said}</pre>".encode()),
        "plain": (502, {}, said.encode()),
        "redirect": (302, {"Location": f"http://elsewhere.test/?{said.replace(' ', '+')}"}, error),
        "no JSON": (200, {}, f'{{"data": "{said}'.encode()),
        "an error with 200": (200, {}, error),
        "another shape": (200, {}, json.dumps({"data": said}).encode()),
        "packed": (200, {"Content-Encoding": "gzip"}, said.encode()),
        "no connection": requests.ConnectionError(f"failed to reach {said}"),
        "a bug": RuntimeError(said),
    }
