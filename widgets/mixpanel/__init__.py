"""Accesses Mixpanel over HTTP, without Django and without code about reports or Cyfe. Start reading at `client.py`."""
