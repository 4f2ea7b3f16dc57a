"""Decides when and how MixCyfe queries Mixpanel: quota, priority, backoff, and the refresh threads or workers."""
