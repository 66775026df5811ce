"""The bus on an embedded log: one SQLite file that several processes share. Nothing to install, nothing to start.

An offset is the number of the row in the whole log: it rises in each partition, with gaps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from operator import attrgetter
from pathlib import Path

from gordon.bus import Message, Past, Record, Subscription
from gordon.bus.notes import marked
from gordon.bus.sqlite_group import Place
from gordon.bus.sqlite_log import Log
from gordon.bus.sqlite_members import REFRESH, Claim, Membership
from gordon.bus.sqlite_wake import Bell, ring
from gordon.errors import BusUnavailable


class SqliteBus:
    """``gordon.bus.Bus`` on the file ``path``, created when missing. ``partitions`` counts for topics it creates.

    ``session``: seconds without a poll after which a member counts as dead, though its process runs (a process that
    is gone counts as dead within about a second). ``clock`` is monotonic and the same for all processes of the machine.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        partitions: int = 8,
        clock: Callable[[], float] = time.monotonic,
        session: float = 30.0,
    ) -> None:
        self._log = Log(Path(path), partitions)
        self._bells = Path(f"{path}.wake")
        self._clock = clock
        self._session = session
        self._open: list[Subscription] = []

    def ensure(self, topics: Sequence[str]) -> None:
        self._log.ensure(topics)

    def publish(self, messages: Sequence[Message]) -> None:
        if messages:
            self._log.append(messages)
            ring(self._bells)

    def subscribe(self, topics: Sequence[str], group: str) -> Subscription:
        found = self._log.ensure(topics)
        bell = Bell(self._bells)
        with ExitStack() as unless_joined:
            unless_joined.callback(bell.close)
            member = Membership(self._log, group, found, clock=self._clock, session=self._session)
            unless_joined.pop_all()
        subscription = SqliteSubscription(self._log, found, member, bell, self._clock)
        self._open.append(subscription)
        return subscription

    def lag(self, topics: Sequence[str], group: str) -> Mapping[str, int]:
        return {name: self._lag(name, group) for name in topics}

    def _lag(self, name: str, group: str) -> int:
        found = self._log.topic(name)
        if found is None:
            return 0
        topic, partitions = found
        with self._log.errors():
            rows = self._log.db.execute(
                "SELECT partition, committed FROM claims WHERE grp = ? AND topic = ?", (group, topic)
            )
            committed = dict(rows.fetchall())
        return sum(self._log.behind(topic, partition, committed.get(partition, 0)) for partition in range(partitions))

    def tail(self, topic: str, timeout: float, *, from_start: bool) -> Subscription:
        found = self._log.ensure([topic])
        start = 0 if from_start else self._log.newest()
        subscription = SqliteTail(self._log, found, start, Bell(self._bells), self._clock)
        self._open.append(subscription)
        return subscription

    def past(self, topics: Sequence[str], since: datetime) -> Past:
        subscription = SqlitePast(self._log, self._log.ensure(topics))
        self._open.append(subscription)
        return subscription

    def close(self) -> None:
        for subscription in self._open:
            subscription.close()
        self._open.clear()
        self._log.close()


class Reader:
    """Reads the claimed partitions of a log, in turn, so that a long partition does not starve the others."""

    def __init__(self, log: Log, topics: Mapping[str, tuple[int, int]]) -> None:
        self._log = log
        self._names = {topic: name for name, (topic, _) in topics.items()}
        self._turn = 0

    def read(self, claims: Mapping[Place, Claim], most: int) -> list[Record]:
        """Up to ``most`` further records, in the order of publication in each partition; moves the positions on."""
        places = sorted(claims)
        if not places or most < 1:
            return []
        self._turn = (self._turn + 1) % len(places)
        found: list[Record] = []
        share = -(-most // len(places))
        waiting = places[self._turn :] + places[: self._turn]
        while waiting and len(found) < most:
            more = []
            for place in waiting:
                asked = min(share, most - len(found))
                records = self._one(place, claims[place], asked) if asked else []
                found += records
                if len(records) == asked:
                    more.append(place)
            waiting, share = more, most
        found.sort(key=attrgetter("offset"))
        return found

    def _one(self, place: Place, claim: Claim, most: int) -> list[Record]:
        records = self._log.fetch(self._names[place[0]], *place, claim.position, most)
        if records:
            claim.position = records[-1].offset
        return [marked(claim.note, record) for record in records] if claim.note else records


class SqliteSubscription:
    """One member of a group; ``gordon.bus.Subscription``."""

    def __init__(
        self,
        log: Log,
        topics: Mapping[str, tuple[int, int]],
        member: Membership,
        bell: Bell,
        clock: Callable[[], float],
    ) -> None:
        self._reader = Reader(log, topics)
        self._member = member
        self._bell = bell
        self._clock = clock
        self._closed = False

    def poll(self, timeout: float, most: int) -> Sequence[Record]:
        def look() -> list[Record]:
            self._member.refresh()
            return self._reader.read(self._member.held, most)

        return _wait_for(look, self._bell, self._clock, timeout)

    def begin(self, records: Sequence[Record]) -> None:
        self._member.begin(records)

    def commit(self, records: Sequence[Record]) -> None:
        self._member.commit(records)

    def rewind(self) -> None:
        self._member.rewind()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._bell.close()
            with suppress(BusUnavailable):  # the others find out by the missing signs of life
                self._member.leave()


class SqliteTail:
    """All partitions of one topic, without a group; positions live in memory only."""

    def __init__(
        self,
        log: Log,
        topics: Mapping[str, tuple[int, int]],
        start: int,
        bell: Bell,
        clock: Callable[[], float],
    ) -> None:
        places = [(topic, partition) for topic, partitions in topics.values() for partition in range(partitions)]
        self._claims = {place: Claim(0, start, start) for place in places}
        self._reader = Reader(log, topics)
        self._bell = bell
        self._clock = clock
        self._closed = False

    def poll(self, timeout: float, most: int) -> Sequence[Record]:
        return _wait_for(lambda: self._reader.read(self._claims, most), self._bell, self._clock, timeout)

    def begin(self, records: Sequence[Record]) -> None:
        pass

    def commit(self, records: Sequence[Record]) -> None:
        pass

    def rewind(self) -> None:
        for claim in self._claims.values():
            claim.position = claim.committed

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._bell.close()


class SqlitePast:
    """All partitions of some topics up to where they end now; ``gordon.bus.Past``."""

    def __init__(self, log: Log, topics: Mapping[str, tuple[int, int]]) -> None:
        self._reader = Reader(log, topics)
        self._ends = {
            (topic, partition): log.newest_of(topic, partition)
            for topic, partitions in topics.values()
            for partition in range(partitions)
        }
        self._claims = {place: Claim(0, 0, 0) for place, end in self._ends.items() if end}
        self._places = {name: topic for name, (topic, _) in topics.items()}

    @property
    def exhausted(self) -> bool:
        return all(claim.position >= self._ends[place] for place, claim in self._claims.items())

    def poll(self, timeout: float, most: int) -> Sequence[Record]:
        """There is nothing to wait for."""
        left = {place: claim for place, claim in self._claims.items() if claim.position < self._ends[place]}
        records = self._reader.read(left, most)
        return [one for one in records if one.offset <= self._ends[self._places[one.topic], one.partition]]

    def begin(self, records: Sequence[Record]) -> None:
        pass

    def commit(self, records: Sequence[Record]) -> None:
        for one in records:
            self._claims[self._places[one.topic], one.partition].committed = one.offset

    def rewind(self) -> None:
        for claim in self._claims.values():
            claim.position = claim.committed

    def close(self) -> None:
        """There is nothing to give back."""


def _wait_for(
    look: Callable[[], list[Record]], bell: Bell, clock: Callable[[], float], timeout: float
) -> Sequence[Record]:
    """Looks until there is something or ``timeout`` is over; wakes when a publisher rings and to refresh claims."""
    until = clock() + timeout
    while True:
        records = look()
        left = until - clock()
        if records or left <= 0:
            return records
        bell.wait(min(left, REFRESH))
