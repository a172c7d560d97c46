# SPDX-License-Identifier: Apache-2.0
"""Two network namespaces and a wire between them that a test can cut, slow down, or make lose, repeat and reorder packets. The packets are real
IP packets of two kernels: each end is a tun device, and what goes through this program is the wire. Needs root and /dev/net/tun."""
import ctypes
import fcntl
import heapq
import itertools
import os
import random
import struct
import subprocess
import threading
import time

from world import BUILD, Service, World, call

NEAR, FAR = "10.77.0.1", "10.77.0.2"
TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 1, 0x1000, 0x40000000


class Wire:
    """NEAR is this process's namespace, FAR another one; .enter is what to put before a command that shall run there. Knobs, for both
    directions: .down: nothing passes; .delay_s; .loss, .twice, .late: how many of 1 packets are lost, come twice, or come after those
    behind them. .forget() drops, without a word, what belongs to connections that are open: as a router that was started anew."""

    def __init__(self, seed=1):
        self.down, self.delay_s, self.loss, self.twice, self.late = False, 0.0, 0.0, 0.0, 0.0
        self.random, self.open, self.dead, self.order = random.Random(seed), set(), set(), itertools.count()
        self.waiting, self.turn, self.passed = [], threading.Condition(), 0
        self.holder = subprocess.Popen(["unshare", "-n", "sleep", "infinity"])
        while os.readlink(f"/proc/{self.holder.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
            time.sleep(0.001)
        self.enter = ["nsenter", "-t", str(self.holder.pid), "-n"]
        subprocess.run([*self.enter, "ip", "link", "set", "lo", "up"], check=True)
        self.near, self.far = self._end([], NEAR, FAR), self._end(self.enter, FAR, NEAR)
        for source, sink in ((self.near, self.far), (self.far, self.near)):
            threading.Thread(target=self._read, args=(source, sink), daemon=True).start()
        threading.Thread(target=self._write, daemon=True).start()

    def _end(self, enter, own, other):
        got = []

        def make():  # a thread of its own, which may go into the other namespace and stay there
            if enter:
                ns = os.open(f"/proc/{self.holder.pid}/ns/net", os.O_RDONLY)
                assert ctypes.CDLL(None, use_errno=True).setns(ns, CLONE_NEWNET) == 0
                os.close(ns)
            fd = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"wire", IFF_TUN | IFF_NO_PI))
            got.append(fd)

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        for command in (["addr", "add", own, "peer", other, "dev", "wire"], ["link", "set", "wire", "up"]):
            subprocess.run([*enter, "ip", *command], check=True)
        return got[0]

    def _flow(self, packet):
        """The near side's port of a TCP packet."""
        if packet[0] >> 4 != 4 or packet[9] != 6:
            return None
        at = (packet[0] & 15) * 4
        return struct.unpack(">H", packet[at:at + 2] if packet[12:16] == bytes(map(int, NEAR.split("."))) else packet[at + 2:at + 4])[0]

    def _read(self, source, sink):
        while True:
            try:
                packet = os.read(source, 65536)
            except OSError:
                return
            flow = self._flow(packet)
            self.open.add(flow)
            if self.down or flow in self.dead or self.random.random() < self.loss:
                continue
            due = time.monotonic() + self.delay_s + (0.02 if self.random.random() < self.late else 0)
            with self.turn:
                for _ in range(2 if self.random.random() < self.twice else 1):
                    heapq.heappush(self.waiting, (due, next(self.order), sink, packet))
                self.turn.notify()

    def _write(self):
        while True:
            with self.turn:
                self.turn.wait_for(lambda: self.waiting)
                left = self.waiting[0][0] - time.monotonic()
                if left > 0:
                    self.turn.wait(left)
                    continue
                _, _, sink, packet = heapq.heappop(self.waiting)
                self.passed += 1
            try:
                os.write(sink, packet)
            except OSError:
                return

    def forget(self):
        self.dead |= self.open

    def heal(self):
        self.down, self.delay_s, self.loss, self.twice, self.late = False, 0.0, 0.0, 0.0, 0.0

    def close(self):
        self.holder.kill()
        self.holder.wait()
        subprocess.run(["ip", "link", "del", "wire"], check=False)


class FarWorld(World):
    """A world whose service, and whoever administers it, is at the far end."""

    def __init__(self, root, wire):
        super().__init__(root)
        self.wire = wire
        self.service = Service(self.root, FAR)
        self.service.argv = [*wire.enter, *self.service.argv]
        self.daemons = [self.service]

    def admin(self, *argv, json_out=True, profile=None, **kw):
        return call(*self.wire.enter, BUILD / "huika-admin", "--profile", profile or self.service.dir / "admin",
                    *(["--json"] if json_out else []), *argv, **kw)
