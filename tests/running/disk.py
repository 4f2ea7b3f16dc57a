"""A small disk for one test, which can fill it or make it read-only. Needs the right to mount."""

import errno
import os
import subprocess
from pathlib import Path
from typing import Self

from tests.running.site import eventually


class SmallDisk:
    def __init__(self, folder: Path, megabytes: int = 8) -> None:
        self.folder = folder
        self.megabytes = megabytes

    def __enter__(self) -> Self:
        self.folder.mkdir()
        self.mount(f"size={self.megabytes}m", "-t", "tmpfs", "tmpfs")
        return self

    def __exit__(self, *exception: object) -> None:
        subprocess.run(["umount", "--lazy", self.folder], check=True)

    def try_to_mount(self, options: str) -> bool:
        return subprocess.run(["mount", "-o", options, self.folder], capture_output=True).returncode == 0

    def mount(self, options: str, *arguments: str) -> None:
        subprocess.run(["mount", "-o", options, *arguments, self.folder], check=True, capture_output=True)

    def fill(self) -> None:
        with (self.folder / "filling").open("ab", buffering=0) as file:
            for piece in (1 << 16, 1):
                try:
                    while file.write(bytes(piece)):
                        pass
                except OSError as error:
                    assert error.errno == errno.ENOSPC

    def make_room(self) -> None:
        (self.folder / "filling").unlink()

    def make_read_only(self) -> None:
        # Killed processes must close their files first.
        eventually(lambda: self.try_to_mount("remount,ro"))

    def make_writable(self) -> None:
        self.mount("remount,rw")


def mount_missing() -> str:
    if os.geteuid() != 0:
        return "left out: only root can mount a small disk"
    try:
        done = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True)
    except FileNotFoundError:
        return "left out: the program unshare or mount is missing"
    return "" if done.returncode == 0 else "left out: this machine does not allow the mount of a small disk"


NO_DISK = mount_missing()
