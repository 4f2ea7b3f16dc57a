"""Import and export of projects and widgets as JSON, and import of addresses of the 2015 connector."""
