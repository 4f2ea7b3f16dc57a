"""Mixpanel's older endpoints: `/events`, `/segmentation…` and `/funnels`.

Mixpanel put most of them into maintenance mode on 1 July 2026 and may end them.
"""
