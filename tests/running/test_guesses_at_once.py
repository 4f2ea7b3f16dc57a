"""An attacker who knows a password tries many second-factor codes at once, on several processes."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.running.site import Site

pytestmark = pytest.mark.slow

MAKE = """
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth import get_user_model
user = get_user_model().objects.create_user("ada", "ada@example.com", "a long password")
TOTP.activate(user, generate_totp_secret())
"""


def post(client: requests.Session, address: str, **form: str) -> int:
    form["csrfmiddlewaretoken"] = client.cookies["csrftoken"]
    return client.post(address, form, allow_redirects=False, timeout=60).status_code


def half_way(base: str) -> requests.Session:
    client = requests.Session()
    client.trust_env = False
    client.get(f"{base}/admin/login/", timeout=60)
    assert post(client, f"{base}/admin/login/", username="ada", password="a long password") == 302
    return client


def test_codes_sent_at_once_give_an_attacker_no_more_guesses(tmp_path: Path) -> None:
    with Site(tmp_path, "http://127.0.0.1:9", "postgres") as site:
        site.python(MAKE)
        base, _ = site.web(threads=12, workers=2)
        clients = [half_way(base) for _ in range(20)]
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda each: post(each, f"{base}/admin/login/second-factor/", code="x"), clients))
        assert sorted(answers) == [200] * 4 + [429] * 16
        assert site.logs().count("second factor failed") == 5, "only five codes were checked"
