"""Accesses Mixpanel over HTTP. Imports neither Django nor other folders of MixCyfe. Start reading at `client.py`."""
