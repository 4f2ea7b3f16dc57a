"""Code for Mixpanel's older endpoints. More code for these endpoints is in the modules of the report types.

Mixpanel put most of these endpoints into maintenance mode on 1 July 2026 and might end them.
"""
