"""The WSGI configuration file for PythonAnywhere. docs/deploying.md explains the steps.

Replace YOURNAME by your user name, and paste all lines into the configuration file that the tab Web names.
"""

import os
import sys

PROJECT = "/home/YOURNAME/mixcyfe"

os.chdir(PROJECT)
sys.path.insert(0, PROJECT)

from mixcyfe_site.wsgi import application  # noqa: E402, F401 - the path comes first; PythonAnywhere takes the name
