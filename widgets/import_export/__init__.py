"""Projects and widgets in and out of JSON (the import format), and addresses of the 2015 connector."""
