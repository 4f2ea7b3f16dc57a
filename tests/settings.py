"""The settings under test: the site's own, whatever the environment or a developer's `.env` says."""

import os

os.environ |= {
    "SECRET_KEY": "only-for-tests",
    "FIELD_ENCRYPTION_KEYS": "0m7wvIeuYdVbHmJDtZcP3zQ0fBxB3LkFj3iTqKqZl1E=",
    "DEBUG": "off",
    "SITE_URL": "http://testserver",
    "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
    "CSRF_TRUSTED_ORIGINS": "http://testserver",
    "TASKS": "inline",
    "POLL_WAIT": "2",
    "MIXPANEL_API_ROOT": "",
    "MIXPANEL_TIMEOUT": "5",
    "TRUST_PROXY": "off",
    "SQLITE_JOURNAL": "wal",
}
os.environ.setdefault("DATABASE_URL", "sqlite:///test.sqlite3")

from mixcyfe_site.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
