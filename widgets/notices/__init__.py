"""Sends notices to people when widgets fail or are stale, and before the credentials of a project expire.

`causes` finds the problems, `telling` puts messages about the problems into a queue, and `delivery` sends the messages.
`watcher` does these three steps in a thread of each long-running process. The library Apprise, which knows the message
services, runs in separate processes (`sending`, `child`).
"""
