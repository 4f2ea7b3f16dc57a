"""Mixpanel's Insights: unsaved reports (`POST /insights`) and saved reports (`GET /insights`)."""
