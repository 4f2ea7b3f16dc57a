"""Accesses Mixpanel over HTTP: regions, credentials, requests, answers and errors. Start reading at `client.py`.

This package uses no code of Django, and no code about reports or Cyfe.
"""
