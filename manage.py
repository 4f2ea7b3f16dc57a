#!/usr/bin/env python
"""Django's command line, for MixCyfe."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mixcyfe_site.settings")
    match sys.argv[1:2]:
        case ["new_key"]:
            # The settings need a key, so this command must run before Django reads the settings.
            from cryptography.fernet import Fernet

            print(Fernet.generate_key().decode())
            return
        case ["demo"]:
            from widgets.management.demo.environment import prepare

            prepare()
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        # If the database is unreachable, full or read-only, the error's message explains more than a traceback.
        sys.exit(f"The database can't be used: {str(error).splitlines()[0] if str(error) else 'no reason is known'}.")


if __name__ == "__main__":
    main()
