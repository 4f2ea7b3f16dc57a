"""Imports and exports projects and widgets as JSON, and imports addresses of the 2015 connector (see `legacy`)."""
