"""Management commands, with the demo and the check for private files."""
