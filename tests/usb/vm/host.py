#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stands between the guest's serial port and the log: passes every line on, and does what a line beginning with HOST asks of QEMU
(its monitor is the UNIX socket named):

    HOST do COMMAND     a monitor command, like device_add
    HOST keys TEXT      typed on the keyboard that QEMU plugged in last, at the pace of a scanner, with Enter"""
import os
import socket
import sys
import time

NAMES = {";": "semicolon", "=": "equal", "?": "shift-slash", "/": "slash", ".": "dot", ":": "shift-semicolon", "-": "minus"}


def key(c):
    return NAMES.get(c) or ("shift-" + c.lower() if c.isupper() else c)


class Monitor:
    def __init__(self, path):
        self.path, self.socket = path, None

    def do(self, command):
        if not self.socket:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(self.path)
            self._answer()
        self.socket.sendall(command.encode() + b"\n")
        return self._answer()

    def _answer(self):
        text = b""
        while not text.endswith(b"(qemu) "):
            more = self.socket.recv(4096)
            if not more:
                break
            text += more
        return text

    def keys(self, text):
        for name in [*map(key, text), "ret"]:
            self.do(f"sendkey {name} 10")
            time.sleep(0.025)  # QEMU keeps no more than a few keys for a guest that has not read them


def main():
    monitor = Monitor(sys.argv[1])
    for raw in sys.stdin.buffer:
        line = raw.replace(b"\r", b"").decode(errors="replace").rstrip("\n")
        if line:
            print(line, flush=True)
        if line.startswith("HOST do "):
            monitor.do(line[8:])
        elif line.startswith("HOST keys "):
            monitor.keys(line[10:])


if __name__ == "__main__":
    os.environ["PYTHONUNBUFFERED"] = "1"
    main()
