"""Checks the database and its disk: also SQLite's files and journal, and PostgreSQL's triggers and notifications."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error, connection, transaction

from widgets.management.doctor.finding import Finding, count, fix, ok
from widgets.management.private_files import BESIDE
from widgets.models import HostClock
from widgets.poll.changes_postgres import CHANNEL, PROOF, TRIGGERS
from widgets.web.healthz import missing_migrations, unknown_migrations, write_problem

SMALLEST_SPACE = 500 * 2**20
FEWEST_FILES = 1000
NETWORK_DISKS = ("nfs", "cifs", "smb", "9p", "fuse.sshfs", "fuse.glusterfs", "ceph", "afs")


def database() -> Iterator[Finding]:
    file = sqlite_file()
    if file is not None and not file.is_file():
        yield fix("database", f"the file {file} does not exist: run manage.py migrate, or check DATABASE_URL.")
        return
    try:
        missing, newer = missing_migrations(), unknown_migrations()
    except Error as error:
        yield fix(
            "database",
            f"the database can't be reached ({words_of(error)}): check DATABASE_URL, and that "
            f"{'the server runs' if file is None else 'the file is a database'}.",
        )
        return
    if missing:
        yield fix("database", f"{count(len(missing), 'migration')} missing: run manage.py migrate.")
        return
    if newer:
        yield fix(
            "database",
            f"a newer version of MixCyfe has migrated the database ({newer[-1]}): install that version again, or "
            "restore a backup from before the upgrade.",
        )
    yield from writable()
    if file is not None:
        yield from of_sqlite(file)
    else:
        yield from of_postgresql()


def writable() -> Iterator[Finding]:
    """Writes in a transaction, and rolls the transaction back."""
    try:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout = 3000")
        with transaction.atomic():
            HostClock.objects.filter(pk=-1).delete()
            # The DELETE above takes SQLite's lock, but writes nothing. With SQLITE_JOURNAL=delete, the new table makes
            # SQLite write its journal.
            if connection.vendor == "sqlite":
                with connection.cursor() as cursor:
                    cursor.execute("CREATE TABLE doctor_was_here (id INTEGER)")
            transaction.set_rollback(True)
    except Error as error:
        yield fix(
            "database",
            f"nothing can be written ({words_of(error)}): check the disk, and the owner of the database's file and "
            "folder; on PostgreSQL, check that the server is not a standby.",
        )
    else:
        if problem := write_problem():
            yield fix(
                "database", f"{problem}: make room on the disk, or check the owner of the database's file and folder."
            )
            return
        yield ok("database", f"{connection.display_name} answers, has all migrations, and can be written.")


def of_sqlite(file: Path) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        journal = cursor.execute("PRAGMA journal_mode").fetchone()[0]
    disk = kind_of_disk(file)
    if journal == "wal" and disk.startswith(NETWORK_DISKS):
        yield fix(
            "SQLite",
            f"SQLite's file is on a network disk ({disk}), where the WAL can lose data: set SQLITE_JOURNAL=delete.",
        )
    elif journal != settings.SQLITE_JOURNAL:
        yield fix(
            "SQLite", f"SQLite's journal is {journal}, but SQLITE_JOURNAL differs: restart all of MixCyfe's processes."
        )
    files = [path for ending in BESIDE if (path := Path(f"{file}{ending}")).exists()]
    owners = {path.stat().st_uid for path in (file.parent, *files)}
    if len(owners) > 1:
        yield fix(
            "SQLite",
            f"{file}, its folder and the files beside it have different owners: give them to the user who "
            "runs MixCyfe (chown), and run all commands as this user.",
        )
    if file.parent.stat().st_mode & 0o002 and not file.parent.stat().st_mode & 0o1000:
        yield fix(
            "SQLite", f"every user of this machine can replace files in {file.parent}: run chmod o-w {file.parent}."
        )


def of_postgresql() -> Iterator[Finding]:
    connection.ensure_connection()
    link: Any = connection.connection
    pid, triggers = link.execute(PROOF).fetchone()
    there = len(triggers or ())
    if there < TRIGGERS:
        yield fix(
            "PostgreSQL",
            f"{TRIGGERS - there} of {TRIGGERS} triggers that report changes are missing or disabled, so every poll "
            "reads the database: enable the triggers (ALTER TABLE … ENABLE ALWAYS TRIGGER …), or restore a backup that "
            "has the triggers.",
        )
    if pid != link.info.backend_pid:
        yield ok(
            "PostgreSQL",
            "DATABASE_URL leads to a pooler, so every poll reads the database. A direct connection is faster.",
        )
        return
    if not hears(link):
        yield fix(
            "PostgreSQL",
            "a notification (NOTIFY) did not arrive, so every poll reads the database: let DATABASE_URL name the "
            "primary server.",
        )
    elif there == TRIGGERS:
        yield ok("PostgreSQL", "the database's triggers notify web processes of changes.")


def hears(link: Any) -> bool:
    try:
        link.execute(f"LISTEN {CHANNEL}_doctor")
        link.execute(f"NOTIFY {CHANNEL}_doctor")
    except Exception:  # noqa: BLE001 - psycopg is not always installed, so its errors have no name here
        return False
    return any(True for _ in link.notifies(timeout=2, stop_after=1))


def disk() -> Iterator[Finding]:
    """Checks the disk of SQLite's file, or the disk of MixCyfe's code if there is no such file."""
    file = sqlite_file()
    folder = file.parent if file is not None else settings.BASE_DIR
    space, files = shutil.disk_usage(folder).free, os.statvfs(folder)
    if space < SMALLEST_SPACE:
        yield fix(
            "disk",
            f"the disk of {folder} has {space // 2**20} MB left: make room on the disk.",
        )
    elif files.f_files and files.f_favail < FEWEST_FILES:
        yield fix("disk", f"the disk of {folder} has room for only {files.f_favail} more files: delete some files.")
    else:
        yield ok("disk", f"the disk of {folder} has {space / 2**30:.1f} GB left.")


def sqlite_file() -> Path | None:
    """None on PostgreSQL, and for a database in memory."""
    name = str(settings.DATABASES["default"]["NAME"])
    return None if connection.vendor != "sqlite" or name == ":memory:" else Path(name)


def kind_of_disk(file: Path) -> str:
    """The type of the file's file system, such as nfs or ext4; empty on other systems than Linux."""
    best, kind = "", ""
    try:
        mounts = Path("/proc/self/mounts").read_text("utf-8", errors="replace")
    except OSError:
        return ""
    for line in mounts.splitlines():
        _, folder, this, *_ = line.split(" ")
        if len(folder) >= len(best) and file.is_relative_to(folder.replace("\\040", " ")):
            best, kind = folder, this
    return kind


def words_of(error: Exception) -> str:
    """The first line of the error's message, or the name of the error's class if the message is empty."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__
