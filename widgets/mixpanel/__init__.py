"""Mixpanel over HTTP: regions, credentials, requests, answers and errors. Start at `client.py`.

This package knows no Django, reports or Cyfe.
"""
