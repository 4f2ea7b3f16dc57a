"""Makes the fixtures of tests/security (people and teams) available to these tests."""

from tests.security.conftest import acme, hooli, log_in, make_team, make_user, superuser

__all__ = ["acme", "hooli", "log_in", "make_team", "make_user", "superuser"]
