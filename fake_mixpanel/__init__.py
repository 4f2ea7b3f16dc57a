"""A stand-in Mixpanel, for the demo and for tests: an HTTP server with a made-up company's numbers behind it.

Plain Python; imports nothing from the rest of the project, and nothing but the demo starts it in production code.
"""
