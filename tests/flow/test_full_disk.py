"""A daemon on a full disk: it says so, waits, and goes on by itself."""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.servers.missing import started
from tests.servers.small_disk import small_disk


@pytest.mark.hostile(80)
def test_a_daemon_is_not_ready_while_its_disk_is_full_and_goes_on_by_itself(tmp_path: Path) -> None:
    with ExitStack() as stack:
        disk = started(stack, partial(small_disk, tmp_path / "disk", 24), os.environ)
        done = disk.run("tests.flow.full_disk")
    assert done.returncode == 0, done.stderr[-8000:]
