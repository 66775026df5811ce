"""Forgetting on the embedded log: what every group has handled, and what is older than is kept.

The rows have no times. So each call leaves a mark, how far the log reached at that moment, and what lies before a mark
that is old enough is old. The file does not shrink; its free pages are used again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from gordon.bus.sqlite_log import Log

STEP = 5000
MARKS = "CREATE TABLE IF NOT EXISTS marks (at TEXT PRIMARY KEY, newest INTEGER NOT NULL) WITHOUT ROWID"
MARK = "INSERT OR IGNORE INTO marks SELECT ?, seq FROM sqlite_sequence WHERE name = 'messages'"
WRONG = "DELETE FROM marks WHERE at > ?"
SPENT = "DELETE FROM marks WHERE at < (SELECT max(at) FROM marks WHERE at <= ?)"
OLD = "SELECT coalesce(max(newest), 0) FROM marks WHERE at <= ?"
TOPICS = "SELECT id, partitions FROM topics WHERE name NOT LIKE '%dead'"
HANDLED = "SELECT min(committed) FROM claims WHERE topic = ? AND partition = ?"
COUNT = "SELECT count(*) FROM messages WHERE topic = ? AND partition = ? AND id <= ?"
FORGET = (
    "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE topic = ? AND partition = ? AND id <= ? LIMIT ?)"
)


class Trimmed(NamedTuple):
    """Numbers of messages: gone (or would go), and left."""

    goes: int
    stays: int


def trim(log: Log, *, now: datetime, keep: float, dry_run: bool = False, step: int = STEP) -> Trimmed:
    """Forgets the messages published more than ``keep`` seconds before ``now`` that no group has still to handle, in
    steps, each a transaction. Dead letters stay for ever, as they do on Kafka. What is published between two calls
    counts as published at the second. ``dry_run``: only counts; leaves no mark either."""
    before = (now - timedelta(seconds=keep)).isoformat()
    with log.writing() as db:
        db.execute(MARKS)
        if not dry_run:
            db.execute(WRONG, (now.isoformat(),))  # left by a clock that was ahead
            db.execute(MARK, (now.isoformat(),))
            db.execute(SPENT, (before,))
    with log.errors():
        places = _places(log, log.db.execute(OLD, (before,)).fetchone()[0])
        counts = [log.db.execute(COUNT, place).fetchone()[0] for place in places] if dry_run else []
    goes = sum(counts) if dry_run else sum(_forget(log, place, step) for place in places)
    with log.errors():
        every = int(log.db.execute("SELECT count(*) FROM messages").fetchone()[0])
    return Trimmed(goes, every - sum(counts))


def _places(log: Log, oldest: int) -> list[tuple[int, int, int]]:
    """Topic, partition, and up to which offset all is old and handled."""
    found = []
    for topic, partitions in log.db.execute(TOPICS).fetchall():
        for partition in range(partitions):
            handled = log.db.execute(HANDLED, (topic, partition)).fetchone()[0]
            found.append((topic, partition, oldest if handled is None else min(oldest, handled)))
    return found


def _forget(log: Log, place: tuple[int, int, int], step: int) -> int:
    total = 0
    while True:
        with log.writing() as db:
            gone = db.execute(FORGET, (*place, step)).rowcount
        total += gone
        if gone < step:
            return total
