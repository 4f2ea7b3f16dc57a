"""Serves the widget form: previews of unsaved widgets and lists for its pickers."""
