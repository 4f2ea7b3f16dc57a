"""Decides when and how Mixpanel is asked: quota, priority, backoff, and the threads or workers that refresh."""
