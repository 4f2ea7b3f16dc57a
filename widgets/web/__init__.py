"""The pages outside the admin, the health checks and the middleware."""
