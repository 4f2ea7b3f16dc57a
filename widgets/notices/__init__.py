"""Sends notices to people when widgets fail, are stale or work again, before credentials expire, and weekly.

`causes` finds the problems, `telling` queues messages about them, and `delivery` sends the messages. `watcher` does
these steps in a thread. The library Apprise, which knows the message services, runs in separate processes (`sending`,
`child`).
"""
