"""The settings under test: the site's own, whatever the environment or a developer's `.env` says."""

import os

os.environ |= {
    "SECRET_KEY": "only-for-tests-but-long-enough-for-djangos-own-checks-0123456789",
    "FIELD_ENCRYPTION_KEYS": "0m7wvIeuYdVbHmJDtZcP3zQ0fBxB3LkFj3iTqKqZl1E=",
    "DEBUG": "off",
    "SITE_URL": "http://testserver",
    "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
    "CSRF_TRUSTED_ORIGINS": "http://testserver",
    "TASKS": "inline",
    "POLL_WAIT": "0.5",
    "REFRESH_THREADS": "0",  # a test's database is its own thread's; tests/running has servers with threads
    "WAITING_POLLS": "4",
    "MIXPANEL_API_ROOT": "",
    "MIXPANEL_TIMEOUT": "20",
    "TRUST_PROXY": "off",
    "HSTS_SECONDS": "0",
    "SQLITE_JOURNAL": "wal",
    "AUDIT_LOG": "off",
    "LOG_FORMAT": "plain",
    "METRICS_TOKEN": "",
    "REQUIRE_SECOND_FACTOR": "off",
    "OIDC_ISSUER": "",
    "OIDC_CLIENT_ID": "",
    "OIDC_CLIENT_SECRET": "",
}
os.environ.setdefault("DATABASE_URL", "sqlite:///test.sqlite3")

from mixcyfe_site.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"] == "mixcyfe_site.sqlite":  # noqa: F405
    # In memory, as Django's own SQLite; pytest-django appends its worker's name.
    DATABASES["default"]["TEST"] = {"NAME": "file:test?mode=memory&cache=shared&worker="}  # noqa: F405
# Every test client makes a middleware of its own, which would look for all the static files there are.
WHITENOISE_AUTOREFRESH = True
