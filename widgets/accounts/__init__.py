"""User accounts: invitations, login, limits on password guessing, sessions, the audit log and the closing of accounts.

The admin's pages about accounts are in `admin/`.
"""
