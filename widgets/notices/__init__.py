"""Tells people that something fails, is stale, or is about to end: which causes there are, the words, and the sending.

`causes` finds what is wrong, `telling` writes messages about it, `delivery` sends them, `watcher` does both in a thread
of a long-running process. Apprise runs in processes of its own (`sending`, `child`).
"""
