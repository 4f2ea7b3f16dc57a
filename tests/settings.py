"""The settings of the tests: the site's own, independent of a developer's `.env`, except for DATABASE_URL."""

import os

os.environ |= {
    "SECRET_KEY": "only-for-tests-but-long-enough-for-djangos-own-checks-0123456789",
    "FIELD_ENCRYPTION_KEYS": "0m7wvIeuYdVbHmJDtZcP3zQ0fBxB3LkFj3iTqKqZl1E=",
    "DEBUG": "off",
    "SITE_URL": "http://testserver",
    "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
    "CSRF_TRUSTED_ORIGINS": "http://testserver",
    "TASKS": "inline",
    "BROKER_URL": "",
    "POLL_WAIT": "0.5",
    # Other threads can't use a test's database.
    "REFRESH_THREADS": "0",
    "WAITING_POLLS": "4",
    "MIXPANEL_API_ROOT": "",
    "MIXPANEL_TIMEOUT": "20",
    "TRUST_PROXY": "off",
    "HSTS_SECONDS": "0",
    "SQLITE_JOURNAL": "wal",
    "AUDIT_LOG": "off",
    "LOG_FORMAT": "plain",
    "LOG_LEVEL": "INFO",
    "METRICS_TOKEN": "",
    "REQUIRE_SECOND_FACTOR": "off",
    "OIDC_ISSUER": "",
    "OIDC_CLIENT_ID": "",
    "OIDC_CLIENT_SECRET": "",
    "EMAIL_URL": "",
    "EMAIL_FROM": "",
}
os.environ.setdefault("DATABASE_URL", "sqlite:///test.sqlite3")

from mixcyfe_site.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"] == "mixcyfe_site.sqlite":  # noqa: F405
    # A database in memory, like Django's default. pytest-django appends its worker's name.
    DATABASES["default"]["TEST"] = {"NAME": "file:test?mode=memory&cache=shared&worker="}  # noqa: F405
# Otherwise, the new WhiteNoise middleware of every test client would look for all static files.
WHITENOISE_AUTOREFRESH = True
