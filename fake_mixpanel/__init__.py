"""A fake Mixpanel for the demo and the tests: an HTTP server that answers with the numbers of an invented company.

The package imports nothing from MixCyfe, because it is used to test MixCyfe. `published` is the only module that needs
more than Python's standard library: it compares requests with Mixpanel's own description of its Query API. Only tests
use `published`.

`traffic` applies Mixpanel's limits, `faults` makes errors, `dataset` describes the company, and `segments`,
`journeys`, `saved_reports` and `unsaved` compute the answers.
"""
