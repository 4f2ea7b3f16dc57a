"""Functions that request the board and read its HTML."""

import re

from django.test import Client


def page(client: Client, query: str = "") -> str:
    response = client.get(f"/{query}")
    assert response.status_code == 200
    return response.content.decode()


def titles(html: str) -> list[str]:
    return re.findall(r'data-card="([^"]*)"', html)
