"""Code that only Mixpanel's older endpoints need. Their other code is in the modules of the report types.

Mixpanel put most of these endpoints into maintenance mode on 1 July 2026 and might end them.
"""
