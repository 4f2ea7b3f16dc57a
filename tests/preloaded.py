"""A `Popen` that starts Python programs in half the time: it forks a Python process that has loaded the libraries.

No module of MixCyfe is loaded in advance, so every program reads its own settings.
"""

import ctypes
import importlib
import json
import os
import runpy
import socket
import subprocess
import sys
import threading
from functools import cache
from typing import Any

LIBRARIES = (
    "axes.apps",
    "cryptography.fernet",
    "django.contrib.admin.options",
    "django.contrib.admin.views.main",
    "django.contrib.auth.hashers",
    "django.contrib.auth.password_validation",
    "django.contrib.messages.storage",
    "django.contrib.sessions.backends.db",
    "django.contrib.sites.shortcuts",
    "django.contrib.staticfiles.apps",
    "django.core.mail.message",
    "django.core.management.commands.migrate",
    "django.core.management.commands.shell",
    "django.core.wsgi",
    "django.db.backends.sqlite3.base",
    "django.template.defaulttags",
    "django.template.loader",
    "django.test.client",
    "environ",
    "granian.cli",
    "requests",
    "whitenoise.base",
    "xml.etree.ElementTree",
)
PR_SET_CHILD_SUBREAPER = 36
STARTING = threading.Lock()


class Popen(subprocess.Popen[Any]):
    """`subprocess.Popen` with the faster start for Python programs on Linux."""

    def __init__(self, args: Any, **options: Any) -> None:
        self.session = options.get("start_new_session", False)
        super().__init__(args, **options)

    def _execute_child(self, args: Any, executable: Any, preexec: Any, close: Any, passed: Any, *rest: Any) -> None:  # type: ignore[override]
        cwd, env, _, _, shell, *pipes = rest[:11]
        if shell or sys.platform != "linux" or args[0] != sys.executable:
            super()._execute_child(args, executable, preexec, close, passed, *rest)  # type: ignore[misc]
            return
        stdin, _, _, stdout, _, stderr = pipes
        os.umask(umask := os.umask(0))
        told = {"args": args, "cwd": str(cwd or "."), "env": dict(env or os.environ), "umask": umask}
        fds = [fd if fd >= 0 else number for number, fd in enumerate((stdin, stdout, stderr))]
        with STARTING:
            forks = zygote()
            socket.send_fds(forks, [json.dumps(told | {"session": self.session}).encode()], fds)
            self.pid = int(forks.recv(100))
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]


def run(args: Any, *, input: str, timeout: float, check: bool, **options: Any) -> subprocess.CompletedProcess[str]:
    """`subprocess.run(…, capture_output=True)` with the faster start."""
    pipe = subprocess.PIPE
    with Popen(args, stdin=pipe, stdout=pipe, stderr=pipe, **options) as process:
        try:
            out, err = process.communicate(input, timeout=timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(args, process.returncode, out, err)
    if check:
        done.check_returncode()
    return done


@cache
def zygote() -> socket.socket:
    """Starts the zygote, the process that forks programs. Returns the socket for its orders."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    subprocess.Popen(
        [sys.executable, __file__, str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        start_new_session=True,
    )
    theirs.close()
    return ours


def next_program(orders: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Runs in the zygote. Forks at every order, and returns the order in the fork, or None when the socket closes."""
    while True:
        told, fds, *_ = socket.recv_fds(orders, 1 << 20, 3)
        if not told:
            return None
        out, into = os.pipe()
        between = os.fork()
        if not between:
            if pid := os.fork():
                os.write(into, str(pid).encode())
                os._exit(0)
            for fd in (out, into, orders.fileno()):
                os.close(fd)
            orders.detach()
            return json.loads(told), fds
        # After this wait, the fork is a child of the process that sent the order (PR_SET_CHILD_SUBREAPER).
        os.waitpid(between, 0)
        orders.send(os.read(out, 100))
        for fd in (out, into, *fds):
            os.close(fd)


def become(told: dict[str, Any], fds: list[int]) -> None:
    """Runs the program in this process, like the command `python …`."""
    if told["session"]:
        os.setsid()
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(told["cwd"])
    os.umask(told["umask"])
    os.environ.clear()
    os.environ.update(told["env"])
    sys.path.insert(0, told["cwd"])
    first, *others = told["args"][1:]
    if first == "-c":
        sys.argv = ["-c", *others[1:]]
        exec(compile(others[0], "<string>", "exec"), {"__name__": "__main__"})
    elif first == "-m":
        sys.argv = ["-m", *others[1:]]
        runpy.run_module(others[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [first, *others]
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    del sys.path[0]  # this file's folder
    for name in LIBRARIES:
        importlib.import_module(name)
    program = next_program(socket.socket(fileno=int(sys.argv[1])))
    if program:
        become(*program)
