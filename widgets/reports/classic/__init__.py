"""The code that only Mixpanel's older endpoints need. The modules of the report types contain the other code for these
endpoints.

Mixpanel put most of these endpoints into maintenance mode on 1 July 2026 and might end them.
"""
