"""The board, shared boards, the admin site, the health of widgets, `/healthz`, `/metrics`, and the middleware."""
