"""The checks of `manage.py doctor`: functions that yield findings, and repair nothing."""
