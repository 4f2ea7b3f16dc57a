"""A stand-in for Mixpanel, for the demo and the tests: an HTTP server with a made-up company's numbers behind it.

It imports nothing of MixCyfe's, because it is a check on it, and needs nothing but Python. Where to look: what is
counted against the limits in `traffic`, what can go wrong in `faults`, the company in `dataset`, the answers in
`segments`, `journeys` and `saved_reports`. `published` holds requests against Mixpanel's own description of its
Query API; only tests use it.
"""
