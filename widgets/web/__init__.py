"""The pages outside the admin, the health checks, `/metrics`, and the middleware."""
