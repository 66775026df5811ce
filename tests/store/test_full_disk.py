"""A disk that is full at any write: nothing acknowledged is lost, nothing is half there, and it goes on by itself."""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.servers.missing import started
from tests.servers.small_disk import small_disk


@pytest.mark.hostile(80)
def test_store_and_log_survive_a_disk_that_is_full_at_any_write(tmp_path: Path) -> None:
    with ExitStack() as stack:
        disk = started(stack, partial(small_disk, tmp_path / "disk", 16), os.environ)
        done = disk.run("tests.store.full_disk")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[0]) > 20, "most rounds wrote something on the nearly full disk"
