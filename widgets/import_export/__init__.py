"""Imports and exports projects and widgets as JSON, and imports addresses of MixCyfe's predecessor of 2015."""
