"""Sends notices to people when widgets fail or are stale, and before the credentials of a project end.

`causes` finds what is wrong, `telling` writes messages about it, `delivery` sends them, `watcher` does all of this in a
thread of each long-running process. Apprise runs in processes of its own (`sending`, `child`).
"""
