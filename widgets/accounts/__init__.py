"""User accounts: invitations, login, limits on guessing, sessions and the audit log. `admin/` has the admin's pages."""
