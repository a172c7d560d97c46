# SPDX-License-Identifier: Apache-2.0
import ctypes
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
from world import World  # noqa: E402  pylint: disable=wrong-import-position


def pytest_sessionstart(session):
    """Each worker gets a loopback of its own where it may (as root), so that tests running side by side never meet on a port."""
    del session
    clone_newnet = 0x40000000
    if ctypes.CDLL(None).unshare(clone_newnet) == 0:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


@pytest.fixture
def world(tmp_path):
    """A running service with two cities and five members; everything ends with the test."""
    w = World(tmp_path)
    try:
        yield w.begin()
    finally:
        w.end()
