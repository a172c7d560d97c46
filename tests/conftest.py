# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
from world import World  # noqa: E402  pylint: disable=wrong-import-position


@pytest.fixture
def world(tmp_path):
    """A running service with two cities and five members; everything ends with the test."""
    w = World(tmp_path)
    try:
        yield w.begin()
    finally:
        w.end()
