"""People coming and going: invitations with a one-time link, and leaving in one step. The pages are the admin's."""
