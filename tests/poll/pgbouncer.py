"""PgBouncer in transaction mode, in front of a test's PostgreSQL database."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.running.site import eventually, free_port


@contextmanager
def pooled(folder: Path, url: str) -> Iterator[str]:
    parts, port = urlsplit(url), free_port()
    name = parts.path.removeprefix("/")
    users = folder / "users.txt"
    users.write_text(f'"{parts.username}" ""\n')
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n{name} = host={parts.hostname} port={parts.port} dbname={name} user={parts.username}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        "pool_mode = transaction\ndefault_pool_size = 3\nignore_startup_parameters = options,extra_float_digits\n"
    )
    for file in (folder, users, settings):
        file.chmod(0o755)
    address = f"postgres://{parts.username}@127.0.0.1:{port}/{name}"
    process = subprocess.Popen(["pgbouncer", "-u", "nobody", str(settings)], stderr=subprocess.DEVNULL)

    def answers() -> bool:
        try:
            psycopg.connect(address, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    try:
        eventually(answers)
        yield address
    finally:
        process.kill()
        process.wait(timeout=10)
