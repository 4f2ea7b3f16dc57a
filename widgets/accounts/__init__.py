"""User accounts: invitations, passwords, login limits, sessions, removal. The pages for them are in `admin/`."""
