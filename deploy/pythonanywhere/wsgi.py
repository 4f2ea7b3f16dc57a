"""PythonAnywhere's WSGI configuration file. Replace YOURNAME, and paste all lines into the file that the Web tab names.

The settings are in `.env` in the project's folder; see docs/deploying.md.
"""

import os
import sys

PROJECT = "/home/YOURNAME/mixcyfe"

os.chdir(PROJECT)
sys.path.insert(0, PROJECT)

from mixcyfe_site.wsgi import application  # noqa: E402, F401 - the path comes first; PythonAnywhere takes the name
