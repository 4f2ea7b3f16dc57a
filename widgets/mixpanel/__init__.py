"""Mixpanel over HTTP: where it is, who asks, what was asked and answered, what goes wrong.

Knows nothing of Django, of reports or of Cyfe. Start at `client.py`.
"""
