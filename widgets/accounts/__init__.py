"""User accounts: invitations, ways to log in and their limits, sessions, removal. Admin pages are in `admin/`."""
