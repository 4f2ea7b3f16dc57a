"""A TCP proxy in front of PostgreSQL. It can drop the data of connections that use LISTEN, without closing them."""

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit


class SilentProxy:
    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.target = (parts.hostname, parts.port)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = url.replace(f":{parts.port}/", f":{self.server.getsockname()[1]}/")
        self.listening: list[threading.Event] = []
        threading.Thread(target=self.accept, daemon=True).start()

    def silence(self) -> None:
        """Later connections still work."""
        for mute in self.listening:
            mute.set()

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.server.accept()
                server, mute = socket.create_connection(self.target), threading.Event()
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=self.pass_on, args=(*ends, mute), daemon=True).start()

    def pass_on(self, source: socket.socket, target: socket.socket, mute: threading.Event) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if b"LISTEN" in data:
                    self.listening.append(mute)
                if not mute.is_set():
                    target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)
