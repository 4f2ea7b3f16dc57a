"""The people and teams of tests/security."""

from tests.security.conftest import acme, hooli, log_in, make_team, make_user, superuser

__all__ = ["acme", "hooli", "log_in", "make_team", "make_user", "superuser"]
