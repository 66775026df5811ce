"""A SQLite file before it is opened: made at one blow, on a local disk, ours to write, and not damaged at first sight.
For the embedded log and for the store."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import struct
import threading
import time
from contextlib import closing
from pathlib import Path

from gordon.errors import BusUnavailable, DatabaseUnfit, StoreUnavailable

_REMOTE = """
    afs beegfs ceph cifs coda davfs gfs gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 ocfs2 orangefs pvfs2 smb3 smbfs
    fuse.ceph fuse.davfs2 fuse.glusterfs fuse.juicefs fuse.rclone fuse.s3fs fuse.smbnetfs fuse.sshfs
"""
REMOTE = frozenset(_REMOTE.split())
"""File systems that several machines share: their locks, or their shared memory, do not keep SQLite from harm."""
MOUNTS = Path("/proc/self/mountinfo")
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE})
"""What passes by itself."""
WAL_HEADER = 32
_MAGIC = {0x377F0682: "<6I", 0x377F0683: ">6I"}

Unavailable = type[BusUnavailable] | type[StoreUnavailable]


def prepare(path: Path, unavailable: Unavailable, *, page: int, key: str, restore: str) -> None:
    """Makes folder and file where they are missing. ``key``: the setting that the path comes from; ``restore``: what to
    do about a damaged file. Raises DatabaseUnfit, and ``unavailable`` where the disk is full."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        require_local(path)
        if not path.exists():
            create_file(path, page=page)
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, sqlite3.Error) or error.errno in FULL:
            raise unavailable(f"{path}: {error}") from error
        remedy = f"correct {key} (or data) in gordon.toml, or the rights on the folder"
        raise DatabaseUnfit(f"{path}: cannot be created: {error.strerror}; {remedy}") from error
    if not os.access(path, os.R_OK | os.W_OK) or not os.access(path.parent, os.W_OK):
        raise DatabaseUnfit(f"{path}: file or folder cannot be written; give the user who runs Gordon the right to")
    if path.stat().st_size == 0:
        raise DatabaseUnfit(f"{path} is empty (0 bytes): {restore}; or delete it to begin anew")
    if not _log_is_sound(path):
        raise DatabaseUnfit(f"{path}-wal is damaged, and recent commits are in it: {restore}")


def create_file(path: Path, *, page: int) -> None:
    """Makes the file at one blow with its first page in it, so that an empty file is always a damaged one; leaves a
    file alone that is there already. ``page``: bytes. Raises OSError, sqlite3.Error."""
    # Of this thread alone: the relay opens the log in several at once.
    draft = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_native_id()}.new")
    draft.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(draft)) as connection:
            connection.execute(f"PRAGMA page_size={page}")
            connection.execute("PRAGMA journal_mode=WAL")
        os.link(draft, path)
    except FileExistsError:
        return  # Another process was faster: its file is as good.
    finally:
        draft.unlink(missing_ok=True)


def require_local(path: Path, mounts: Path = MOUNTS) -> None:
    """Raises DatabaseUnfit where the folder of ``path`` is on a network file system. Linux only; elsewhere nobody can
    tell."""
    try:
        table = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return
    kind = file_system(os.path.realpath(path.parent), table)
    if kind in REMOTE:
        raise DatabaseUnfit(
            f"{path} is on a network file system ({kind}), where SQLite loses data; set data in gordon.toml to a local"
            " disk, or use PostgreSQL and Kafka"
        )


def file_system(path: str, mounts: str) -> str:
    """The type of the file system that holds this absolute path, by the text of /proc/self/mountinfo; "" if none."""
    found, deepest = "", -1
    for line in mounts.splitlines():
        fields = line.split(" ")
        if "-" not in fields[6:-1]:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[4])
        below = point.rstrip("/") + "/"
        if f"{path}/".startswith(below) and len(below) >= deepest:  # of two at one place the later one counts
            found, deepest = fields[fields.index("-", 6) + 1], len(below)
    return found


def shorten_log(path: Path) -> bool:
    """Takes the write-ahead log up into the file and cuts it to nothing, unless somebody reads or writes just now.
    Whether that was done. SQLite by itself uses a log that has grown again and again, but never gives its room back."""
    try:
        with closing(sqlite3.connect(path, timeout=0.0, isolation_level=None)) as connection:
            return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
    except sqlite3.Error:
        return False


def _log_is_sound(path: Path) -> bool:
    """Whether the beginning of the write-ahead log is one. Looks twice: another process may just be writing it."""
    log = path.with_name(f"{path.name}-wal")
    for pause in (0.0, 0.05, 0.2):
        time.sleep(pause)
        try:
            with log.open("rb") as file:
                head = file.read(WAL_HEADER)
        except FileNotFoundError:
            return True
        if sound_header(head):
            return True
    return False


def sound_header(head: bytes) -> bool:
    """Whether a write-ahead log may begin so. An unfinished one, or one that is blank after a loss of power, holds no
    commit that anybody was told of."""
    if len(head) < WAL_HEADER or not any(head):
        return True
    magic, *_ = struct.unpack_from(">I", head)
    if magic not in _MAGIC:
        return False
    first = second = 0
    words = struct.unpack_from(_MAGIC[magic], head)
    for one, other in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return (first, second) == struct.unpack_from(">2I", head, 24)
