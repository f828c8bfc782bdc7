"""A port of this machine that leads to the engine's socket, with TLS or without."""

import socket
import ssl
import threading


class Proxy:
    """Passes a loopback port on to the engine's socket, as an engine elsewhere would
    be reached."""

    def __init__(self, target: str, tls: ssl.SSLContext | None = None) -> None:
        self.target = target
        self.tls = tls
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listening.accept()
            except OSError:
                return
            if self.tls is not None:
                try:
                    near = self.tls.wrap_socket(near, server_side=True)
                except OSError:  # the client did not like us, or we it
                    near.close()
                    continue
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.target)
            ways = [
                threading.Thread(target=self._pass, args=pair, daemon=True)
                for pair in ((near, far), (far, near))
            ]
            threading.Thread(
                target=self._both, args=(ways, near, far), daemon=True
            ).start()

    @staticmethod
    def _both(ways: list[threading.Thread], *sockets: socket.socket) -> None:
        for way in ways:
            way.start()
        for way in ways:
            way.join()
        for one in sockets:
            one.close()

    @staticmethod
    def _pass(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(1 << 16):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def close(self) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.threads[0].join()
