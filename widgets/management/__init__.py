"""Management commands, with the demo, the checks of `doctor`, and the protection of private files."""
