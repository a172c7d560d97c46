# SPDX-License-Identifier: Apache-2.0
"""What stands between a terminal and its service. Relay: bytes of the connection, which it delays, loses, stalls, flips, cuts,
repeats and reorders, in user space, because not every kernel has netem."""
import contextlib
import socket
import threading

from world import DEADLINE_S, free_port


def shut(*sockets):
    for s in sockets:
        with contextlib.suppress(OSError):
            s.shutdown(socket.SHUT_RDWR)


class Relay:
    """Listens on .port, connects to .target. .mode says what becomes of bytes: a function of a chunk and its sender (True:
    the service) that gives what goes on, and whether the connection then ends. .changed counts chunks that went on otherwise."""

    def __init__(self, target):
        self.port, self.target, self.mode = free_port(), target, None
        self.flowing = threading.Event()
        self.flowing.set()
        self.open, self.changed, self.listener = [], 0, None
        self.listen()

    def listen(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, args=(self.listener,), daemon=True).start()

    def partition(self):
        """Nobody answers there, and what was open is reset."""
        shut(self.listener)
        self.listener.close()
        self.cut()

    def cut(self):
        while self.open:
            self.open.pop().end()

    def half_open(self):
        """The service's side of every connection ends; the terminal is not told, as after a router's restart."""
        for pair in list(self.open):
            pair.secret = True
            shut(pair.far)

    def heal(self):
        """Right again, for what comes and for what is held. Connections that were tampered with cannot go on, and end."""
        if self.mode:
            self.cut()
        self.mode = None
        self.flowing.set()
        with contextlib.suppress(OSError):
            self.listen()

    def close(self):
        self.flowing.set()
        self.partition()

    def _serve(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near):
        try:
            far = socket.create_connection(("127.0.0.1", self.target), DEADLINE_S)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        pair = _Pair(near, far)
        self.open.append(pair)
        threading.Thread(target=self._pump, args=(pair, far, near, True), daemon=True).start()
        self._pump(pair, near, far, False)

    def _pump(self, pair, source, sink, service):
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                self.flowing.wait()
                out, last = self.mode(chunk, service) if self.mode else (chunk, False)
                self.changed += out != chunk
                sink.sendall(out)
                if last:
                    break
        if not pair.secret:
            pair.end()


class _Pair:
    """The two sides of one connection; secret: the near side must not hear of its end."""

    def __init__(self, near, far):
        self.near, self.far, self.secret = near, far, False

    def end(self):
        shut(self.near, self.far)


def flip(chunk, service):
    half = len(chunk) // 2
    return chunk[:half] + bytes([chunk[half] ^ 1]) + chunk[half + 1:] if service else chunk, False


def flip_upwards(chunk, service):
    return flip(chunk, not service)


def truncate(chunk, service):
    return (chunk[:len(chunk) // 2], True) if service else (chunk, False)


def lose(chunk, service):
    """Bytes out of the middle are lost; what follows still comes."""
    return chunk[:len(chunk) // 3] + chunk[len(chunk) // 3 * 2 + 1:] if service else chunk, False


def withhold(chunk, service):
    return b"" if service else chunk, False


def replay(chunk, service):
    return chunk * 2 if service else chunk, False


def reorder(chunk, service):
    half = len(chunk) // 2
    return chunk[half:] + chunk[:half] if service else chunk, False
