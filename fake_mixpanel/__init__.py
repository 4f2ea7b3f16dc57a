"""A fake Mixpanel for the demo and the tests: an HTTP server that answers with the numbers of an invented company.

The package imports nothing from MixCyfe, because it is used to test MixCyfe. Only `published`, which only tests use,
needs more than Python's standard library.

`traffic` applies Mixpanel's limits, `faults` makes errors, `dataset` describes the company, and `segments`,
`journeys`, `saved_reports` and `unsaved` compute the answers.
"""
