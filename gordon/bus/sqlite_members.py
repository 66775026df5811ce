"""Membership in a consumer group of the embedded log: joins, shows signs of life, claims, gives back, commits.

Every write is fenced: it names the member and the epoch of its claim, and has no effect when the claim has passed on.
Member numbers are never used twice, so a process that slept through its own eviction can claim nothing by its old one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gordon.bus import Record
from gordon.bus.notes import NOTHING, Note, after, begun, from_text, to_text
from gordon.bus.sqlite_group import Member, Place, Plan, Process, decide, lives, this_process
from gordon.bus.sqlite_log import Log

REFRESH = 0.5
"""Seconds between two looks at the group."""

MEMBERS = "SELECT id, topics, boot, space, pid, started, seen FROM members WHERE grp = ?"
JOIN = "INSERT INTO members (grp, topics, boot, space, pid, started, seen) VALUES (?, ?, ?, ?, ?, ?, ?)"
OWNERS = "SELECT topic, partition, member FROM claims WHERE grp = ?"
MINE = "SELECT topic, partition, epoch, committed, note FROM claims WHERE grp = ? AND member = ?"
ADD = "INSERT OR IGNORE INTO claims (grp, topic, partition) VALUES (?, ?, ?)"
TAKE = "UPDATE claims SET member = ?, epoch = epoch + 1 WHERE grp = ? AND topic = ? AND partition = ?"
GIVE = "UPDATE claims SET member = NULL WHERE grp = ? AND topic = ? AND partition = ? AND member = ?"
FENCE = "WHERE grp = ? AND topic = ? AND partition = ? AND member = ? AND epoch = ?"
COMMIT = f"UPDATE claims SET committed = max(committed, ?), note = ? {FENCE}"
NOTE = f"UPDATE claims SET note = ? {FENCE}"


@dataclass(slots=True)
class Claim:
    """A partition this member reads: what is committed, and how far it has polled (offsets)."""

    epoch: int
    committed: int
    position: int
    note: Note = NOTHING


class Membership:
    """One member of ``group``. ``held``: its claims, as of the last ``refresh``."""

    def __init__(
        self,
        log: Log,
        group: str,
        topics: Mapping[str, tuple[int, int]],
        *,
        clock: Callable[[], float],
        session: float,
    ) -> None:
        self.held: dict[Place, Claim] = {}
        self._log = log
        self._group = group
        self._numbers = {name: topic for name, (topic, _) in topics.items()}
        self._clock = clock
        self._session = session
        self._here: Process = this_process()
        self._next = self._seen = clock()
        with log.writing() as db:
            places = [(group, topic, p) for topic, partitions in topics.values() for p in range(partitions)]
            db.executemany(ADD, places)
            self._me = self._join(db)

    def _join(self, db: sqlite3.Connection) -> int:
        here = self._here
        topics = json.dumps(sorted(self._numbers.values()))
        row = (self._group, topics, here.boot, here.space, here.pid, here.started, self._clock())
        return int(db.execute(JOIN, row).lastrowid or 0)

    def refresh(self) -> None:
        """Looks at the group when it is time to, and brings ``held`` up to date. Writes only when something changes,
        or a sign of life is due."""
        now = self._clock()
        if now < self._next:
            return
        with self._log.errors():
            known, plan = self._look(now)
        if not known or plan or now - self._seen >= self._session / 6:
            with self._log.writing() as db:
                self._change(db, now)
        self._next = now + REFRESH

    def _look(self, now: float) -> tuple[bool, Plan]:
        """Whether the group still counts this member, and what it has to change. Drops the claims it has lost."""
        db = self._log.db
        members = [
            Member(id, Process(boot, space, pid, started), frozenset(json.loads(topics)), seen)
            for id, topics, boot, space, pid, started, seen in db.execute(MEMBERS, (self._group,))
        ]
        owners: dict[Place, int | None] = {(t, p): owner for t, p, owner in db.execute(OWNERS, (self._group,))}
        known = any(member.id == self._me for member in members)
        for place in [place for place in self.held if owners.get(place) != self._me]:
            del self.held[place]
        living = {member.id for member in members if lives(member, self._here, now, self._session)}
        return known, decide(self._me, members, frozenset(living | {self._me}), owners)

    def _change(self, db: sqlite3.Connection, now: float) -> None:
        """Looks again inside the write transaction, where nobody else can change anything, and acts on it."""
        known, _ = self._look(now)
        if not known:
            self._me = self._join(db)
        db.execute("UPDATE members SET seen = ? WHERE id = ?", (now, self._me))
        _, plan = self._look(now)
        db.executemany("DELETE FROM members WHERE id = ?", [(id,) for id in plan.dead])
        db.executemany(GIVE, [(self._group, *place, self._me) for place in plan.release])
        db.executemany(TAKE, [(self._me, self._group, *place) for place in plan.claim])
        for place in plan.release:
            self.held.pop(place, None)
        for topic, partition, epoch, committed, note in db.execute(MINE, (self._group, self._me)):
            if (topic, partition) not in self.held:
                self.held[topic, partition] = Claim(epoch, committed, committed, from_text(note))
        self._seen = now

    def begin(self, records: Sequence[Record]) -> None:
        """Leaves the note of ``gordon.bus.Subscription.begin`` on the partitions still held."""
        alone = len(records) == 1
        found = {place: begun(self.held[place].note, some, alone=alone) for place, some in self._places(records)}
        self._write(NOTE, {place: (to_text(note),) for place, note in found.items()})
        for place, note in found.items():
            if place in self.held:
                self.held[place].note = note

    def commit(self, records: Sequence[Record]) -> None:
        """Moves the committed offsets forward, never back, on the partitions still held."""
        done = {place: max(record.offset for record in some) for place, some in self._places(records)}
        notes = {place: after(self.held[place].note, offset) for place, offset in done.items()}
        self._write(COMMIT, {place: (offset, to_text(notes[place])) for place, offset in done.items()})
        for place, offset in done.items():
            if claim := self.held.get(place):
                claim.committed, claim.note = max(claim.committed, offset), notes[place]

    def rewind(self) -> None:
        """Back to what is committed; the notes go."""
        for claim in self.held.values():
            claim.position = claim.committed
        noted = [place for place, claim in self.held.items() if claim.note]
        self._write(NOTE, {place: ("",) for place in noted})
        for place in noted:
            if place in self.held:
                self.held[place].note = NOTHING

    def leave(self) -> None:
        """Gives everything back. The notes stay: whoever closes in the middle of a batch may be dying of it."""
        self.held.clear()
        with self._log.writing() as db:
            db.execute("UPDATE claims SET member = NULL WHERE grp = ? AND member = ?", (self._group, self._me))
            db.execute("DELETE FROM members WHERE id = ?", (self._me,))

    def _places(self, records: Sequence[Record]) -> Iterable[tuple[Place, list[Record]]]:
        """The records by partition, without those of partitions that are lost."""
        sorted_out: dict[Place, list[Record]] = {}
        for record in records:
            sorted_out.setdefault((self._numbers[record.topic], record.partition), []).append(record)
        return [(place, some) for place, some in sorted_out.items() if place in self.held]

    def _write(self, statement: str, values: Mapping[Place, tuple[object, ...]]) -> None:
        """One fenced statement for each place; a place whose claim has passed on is dropped from ``held``."""
        if not values:
            return
        with self._log.writing() as db:
            for place, fields in values.items():
                fence = (self._group, *place, self._me, self.held[place].epoch)
                if not db.execute(statement, (*fields, *fence)).rowcount:
                    del self.held[place]
