"""The fake Mixpanel, for the demo and the tests: an HTTP server with the numbers of a made-up company.

The package imports nothing of MixCyfe, because it checks MixCyfe. It needs only Python, except `published`: that module
compares requests with Mixpanel's own description of its Query API, and only tests use it. `traffic` applies the limits,
`faults` makes errors, `dataset` is the company, and `segments`, `journeys`, `saved_reports` and `unsaved` write the
answers.
"""
