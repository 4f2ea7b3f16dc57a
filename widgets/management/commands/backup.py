"""`manage.py backup FILE` copies the database into a new file, even while MixCyfe runs."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.db.backends.postgresql.client import DatabaseClient

from widgets.accounts.audit_log import record
from widgets.management.private_files import BESIDE, create_private
from widgets.models import Action, Project

TABLE = Project._meta.db_table
"""A database that lacks this table does not belong to MixCyfe."""


class Command(BaseCommand):
    help = "Copies the database of DATABASE_URL into a new file. MixCyfe can keep running."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the path of the new file; the command never overwrites a file")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        copy = copy_sqlite if connection.vendor == "sqlite" else dump_postgresql
        # SIGTERM raises SystemExit here, so that `except BaseException` below removes the partial file.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        files = [Path(f"{file}{ending}") for ending in BESIDE]
        taken = "{} exists already. A backup never overwrites a file."
        for there in filter(os.path.lexists, files):
            raise CommandError(taken.format(there))
        try:
            os.close(create_private(file))
            projects = copy(file)
        except FileExistsError:
            raise CommandError(taken.format(file)) from None
        except BaseException as error:
            # People could mistake the partial file for a complete backup.
            for begun in files:
                with suppress(OSError):
                    begun.unlink()
            if isinstance(error, OSError):
                raise CommandError(f"{file} can't be written: {error.strerror}.") from None
            raise
        # A read-only database can be backed up too, but then its audit log gets no entry.
        record(Action.BACKED_UP, must=False)
        size = -(-file.stat().st_size // 1024)
        self.stdout.write(f"{file}: {projects} project{'s' if projects != 1 else ''}, {size} kB.")


def copy_sqlite(file: Path) -> int:
    """Copies the database as it is at one moment. Returns the number of projects in the copy."""
    source = Path(str(connection.settings_dict["NAME"]))
    if not source.is_file():
        raise nothing(f"the file {source} does not exist")
    try:
        # `mode=rw`: if somebody has just removed the file, SQLite fails. By default, SQLite would create an empty file.
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=20)) as database,
            closing(sqlite3.connect(file)) as copy,
        ):
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [TABLE]).fetchone():
                raise nothing(f"{source} has no tables of MixCyfe")
            # Without a callback, Python can't handle signals while SQLite waits for a lock.
            database.backup(copy, progress=lambda *_: None)
            (projects,) = copy.execute(f"SELECT count(*) FROM {TABLE}").fetchone()  # noqa: S608 - our own name
    except sqlite3.Error as error:
        raise CommandError(f"The database can't be copied: {error}.") from None
    return int(projects)


def dump_postgresql(file: Path) -> int:
    """Runs pg_dump. Returns the number of projects in the database."""
    try:
        if TABLE not in connection.introspection.table_names():
            raise nothing("the database has no tables of MixCyfe")
        projects = Project.objects.count()
    except DatabaseError as error:
        raise CommandError(f"The database can't be read ({type(error).__name__}): check DATABASE_URL.") from None
    # The password goes into the environment, because every user of the machine can read command lines.
    command, environment = PgDump.settings_to_cmd_args_env(
        connection.settings_dict, ["--format=custom", "--no-owner", "--no-password"]
    )
    try:
        with file.open("wb") as out:
            subprocess.run(  # noqa: S603 - our own command line
                command, env=os.environ | (environment or {}), stdout=out, stderr=subprocess.PIPE, check=True
            )
    except FileNotFoundError:
        raise CommandError("pg_dump is not installed. On Debian, install postgresql-client.") from None
    except subprocess.CalledProcessError as error:
        said = " ".join(error.stderr.decode(errors="replace").split())
        raise CommandError(f"The database can't be copied. pg_dump reports: {said}") from None
    return projects


class PgDump(DatabaseClient):
    """Makes the command line of pg_dump, with the host, user, database and certificates that Django gives to psql."""

    executable_name = "pg_dump"


def nothing(why: str) -> CommandError:
    return CommandError(f"There is nothing to back up: {why}. Check DATABASE_URL, which names the database.")
