"""The parts that only Mixpanel's older endpoints need. The report types themselves write and read their requests.

Mixpanel put most of these endpoints into maintenance mode on 1 July 2026 and may end them.
"""
