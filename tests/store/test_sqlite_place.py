"""Where a SQLite file may be, and what is seen of damage before it is opened: the same for the store and the log."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gordon.bus import Message
from gordon.bus.sqlite import SqliteBus
from gordon.bus.sqlite_file import REMOTE, WAL_HEADER, file_system, require_local, sound_header
from gordon.bus.sqlite_log import QUICK_CHECK_BELOW
from gordon.errors import DatabaseUnfit, GordonError
from store.backup import check
from store.database import open_database
from store.status import completeness
from tests.contracts.store_samples import recorded, write
from tests.databases import new_sqlite

FOLDERS = ("gordon", "ingest", "classify", "route", "store")
MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:44 / /srv rw - nfs4 files:/export rw,vers=4.2
31 30 8:2 / /srv/local rw - xfs /dev/sdb1 rw
32 22 0:45 / /mnt/la\\040poste rw shared:7 master:2 - fuse.sshfs poste: rw
33 22 0:46 / /srv/twice rw - tmpfs none rw
34 22 0:47 / /srv/twice rw - cifs //box/share rw
a line that is none
"""


@pytest.mark.hostile(86)
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/gordon", "ext4"),
        ("/srv", "nfs4"),
        ("/srv/gordon/data", "nfs4"),
        ("/srvice", "ext4"),
        ("/srv/local/data", "xfs"),
        ("/mnt/la poste/data", "fuse.sshfs"),
        ("/srv/twice", "cifs"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_its_deepest_mount(path: str, kind: str) -> None:
    assert file_system(path, MOUNTS) == kind
    assert file_system(path, "") == ""


@pytest.mark.hostile(86)
@pytest.mark.parametrize("kind", sorted(REMOTE))
def test_a_network_file_system_is_refused(tmp_path: Path, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:44 / {tmp_path} rw - {kind} box rw\n")
    with pytest.raises(DatabaseUnfit, match=rf"network file system \({kind}\).*local disk"):
        require_local(tmp_path / "gordon.db", mounts)
    require_local(Path("/gordon.db"), mounts)
    require_local(tmp_path / "gordon.db", tmp_path / "no such table: not Linux")


def test_the_table_of_this_machine_knows_where_we_are(tmp_path: Path) -> None:
    assert file_system(str(tmp_path), Path("/proc/self/mountinfo").read_text()) not in {"", *REMOTE}


@pytest.mark.hostile(86)
def test_nobody_forks_with_a_connection_open() -> None:
    """Processes are begun by exec alone; what a fork would do to a connection of the store has a test of its own."""
    root = Path(__file__).parents[2]
    sources = [path for folder in FOLDERS for path in (root / folder).rglob("*.py")]
    assert [
        path for path in sources if re.search(r"os\.fork|multiprocessing|ProcessPool", path.read_text("utf-8"))
    ] == []


Make = Callable[[Path], None]


def fill_store(path: Path) -> None:
    """A database with two commits in it that are only in its write-ahead log."""
    database = new_sqlite(path)
    write(database, mentions=(recorded(1),))
    write(database, mentions=(recorded(2),))
    _leave_as_if_killed(path)
    database.close()
    _put_back(path)


def fill_log(path: Path) -> None:
    bus = SqliteBus(path)
    bus.publish([Message("t", "k", b"x" * 20_000)])
    _leave_as_if_killed(path)
    bus.close()
    _put_back(path)


def _leave_as_if_killed(path: Path) -> None:
    for end in ("", "-wal"):
        shutil.copy(f"{path}{end}", f"{path}{end}.kept")


def _put_back(path: Path) -> None:
    for end in ("-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    for end in ("", "-wal"):
        os.replace(f"{path}{end}.kept", f"{path}{end}")


def open_store(path: Path) -> None:
    open_database(f"sqlite:///{path}").close()


def open_log(path: Path) -> None:
    SqliteBus(path).close()


BOTH = pytest.mark.parametrize(("fill", "reopen"), [(fill_store, open_store), (fill_log, open_log)])


@pytest.mark.hostile(83)
@BOTH
def test_garbage_where_the_log_of_commits_should_be(tmp_path: Path, fill: Make, reopen: Make) -> None:
    """SQLite itself would pass over it in silence, and over every commit in it."""
    path = tmp_path / "some.db"
    fill(path)
    log = Path(f"{path}-wal")
    whole = log.read_bytes()
    log.write_bytes(b"\xa5" * len(whole))
    with pytest.raises(DatabaseUnfit, match="-wal is damaged, and recent commits are in it: stop Gordon"):
        reopen(path)
    assert log.read_bytes() == b"\xa5" * len(whole), "it was left as it is"
    log.write_bytes(whole)
    reopen(path)


@pytest.mark.hostile(83)
def test_a_log_of_commits_cut_short_counts_up_to_its_last_whole_commit(tmp_path: Path) -> None:
    path = tmp_path / "gordon.db"
    fill_store(path)
    log = Path(f"{path}-wal")
    os.truncate(log, log.stat().st_size - 100)
    database = open_database(f"sqlite:///{path}")
    assert completeness(database).found == 1 and check(database) == []
    database.close()


@pytest.mark.hostile(83)
@BOTH
def test_an_empty_file(tmp_path: Path, fill: Make, reopen: Make) -> None:
    path = tmp_path / "some.db"
    path.touch()
    with pytest.raises(DatabaseUnfit, match=r"is empty \(0 bytes\): stop Gordon"):
        reopen(path)


@pytest.mark.hostile(83)
def test_a_flipped_page_of_the_embedded_log(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    bus = SqliteBus(path)
    bus.publish([Message("t", f"k{number}", b"x" * 3000) for number in range(400)])
    bus.close()
    size = path.stat().st_size
    assert size < QUICK_CHECK_BELOW
    with path.open("r+b") as file:
        for page in range(size // 8192 // 4, size // 8192 // 2):
            file.seek(page * 8192)
            file.write(b"\xa5" * 8192)
    with pytest.raises(DatabaseUnfit, match=r"(?s)is damaged .*gordon replay ingest"):
        SqliteBus(path)


@pytest.mark.hostile(83)
def test_damage_that_is_met_while_running_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    bus = SqliteBus(path)
    bus.publish([Message("t", f"k{number}", b"x" * 3000) for number in range(400)])
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xa5" * (path.stat().st_size - 8192))
    with pytest.raises(DatabaseUnfit, match="is damaged"):
        while True:
            bus.lag(["t"], "g")
            bus.publish([Message("t", "k", b"x")])
    with suppress(GordonError):
        bus.close()


@given(st.binary(min_size=WAL_HEADER, max_size=WAL_HEADER).filter(any))
def test_hardly_any_garbage_looks_like_a_log_of_commits(head: bytes) -> None:
    assert not sound_header(head)
    assert sound_header(head[:-1]) and sound_header(b"\x00" * WAL_HEADER)


@pytest.mark.hostile(82)
@BOTH
@pytest.mark.parametrize("wrong", ["read-only file", "folder of another"])
def test_without_the_right_to_write(fill: Make, reopen: Make, wrong: str) -> None:
    """Asked by a child without rights, as root may write everywhere."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data" / "some.db"
        path.parent.mkdir()
        fill(path)
        Path(folder).chmod(0o755)
        for each in path.parent.iterdir():
            each.chmod(0o444 if wrong == "read-only file" else 0o666)
        path.parent.chmod(0o777 if wrong == "read-only file" else 0o555)
        child = os.fork()
        if child == 0:
            os._exit(_asked_without_rights(reopen, path))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DatabaseUnfit.exit_code
        path.parent.chmod(stat.S_IRWXU)


def _asked_without_rights(reopen: Make, path: Path) -> int:
    if os.geteuid() == 0:
        os.setuid(65534)
    try:
        reopen(path)
    except DatabaseUnfit as error:
        return error.exit_code if "file or folder cannot be written" in str(error) else 4
    return 5
