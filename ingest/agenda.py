"""Which due feed or page is visited next: per-host politeness, the total limit, and the pace after a long stop. Pure;
times are monotonic seconds where nothing else is said."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from gordon.polling import Claim, FeedState, HostState, PageTask
from gordon.settings import Poll
from ingest.lanes import Lanes

Errand: TypeAlias = FeedState | PageTask
_LATE = 60.0
_BURST = 1.0
"""Seconds of pace that are made up for when nothing could be started for a while."""


@dataclass(slots=True)
class _Host:
    """``free``: when the next visit of this host may start; ``held``: errands waiting, running and late;
    ``queued``: which heaps it stands in."""

    delay: float
    free: float = 0.0
    waiting: deque[Errand] = field(default_factory=deque)
    running: int = 0
    held: int = 0
    site: str = ""
    queued: set[bool] = field(default_factory=set)


def late_before(poll: Poll, now: datetime) -> datetime:
    """A feed that has been due since before this is late: nobody polled for a while."""
    return now - timedelta(seconds=max(_LATE, 2 * poll.least_interval))


def is_suspect(errand: Errand) -> bool:
    """Whether it gave no answer at all last time, so that it may well take the whole deadline again."""
    return errand.failures > 0 and (isinstance(errand, PageTask) or errand.status == 0)


class Agenda:
    """What is due, held until its host's turn. Of one host at most ``host_concurrency`` visits run at once, and their
    starts are ``host_delay`` seconds apart, or as much more as the host has taught us. Hosts do not hold each other up;
    how many run in all is decided by the lanes."""

    def __init__(self, poll: Poll) -> None:
        self._poll = poll
        self._lanes = Lanes(poll.concurrency)
        self._hosts: dict[str, _Host] = {}
        self._queues: dict[bool, list[tuple[float, int, str]]] = {False: [], True: []}
        self._turns = 0
        self._host_by_id: dict[str, str] = {}
        self._started: dict[str, float] = {}
        self._late: list[tuple[datetime, int, Errand]] = []
        self._caught_up_at = self._next_late = float("-inf")
        self._late_gap = 0.0

    @property
    def held(self) -> int:
        """Feeds and pages waiting and running."""
        return len(self._host_by_id)

    @property
    def running(self) -> int:
        """Visits that have been started and are not done."""
        return len(self._started)

    def hold(self, claim: Claim, now: datetime, monotonic: float) -> int:
        """Adds what is due on a host, in this order; what is already held is left alone. Returns how many were
        added."""
        name = claim.host.host
        host = self._hosts.setdefault(name, _Host(self._poll.host_delay))
        self._heed(host, claim.host, now, monotonic)
        late = late_before(self._poll, now)
        due: tuple[Errand, ...] = (*claim.feeds, *claim.pages)
        errands = [errand for errand in due if errand.id not in self._host_by_id]
        for errand in errands:
            self._host_by_id[errand.id] = name
            host.held += 1
            if self._poll.catch_up > 0 and _is_late(errand, late):
                heapq.heappush(self._late, (errand.next_due, self._turn(), errand))
            else:
                host.waiting.append(errand)
        self._offer(name, host)
        return len(errands)

    def pace(self, late: int, monotonic: float) -> None:
        """Spreads the late ones, of which there are so many with those not held yet, over what is left of
        ``poll.catch_up``; the first call after the end of a stretch begins the next one."""
        if monotonic >= self._caught_up_at:
            self._caught_up_at = monotonic + self._poll.catch_up
            self._next_late = max(self._next_late, monotonic)
        self._late_gap = (self._caught_up_at - monotonic) / max(late, 1)

    def take(self, monotonic: float) -> Errand | None:
        """What to visit next; None: nothing may start now. It runs until ``done``."""
        self._admit(monotonic)
        if self._lanes.fast_free(monotonic):
            errand = self._next(monotonic, suspect=False)
            if errand is not None:
                return errand
        return self._next(monotonic, suspect=True) if self._lanes.suspects_free() else None

    def done(self, id: str, monotonic: float, host: HostState | None, now: datetime) -> None:
        """The visit is over and recorded; ``host``: what is known of the host now. Of one that rests, what still waits
        is forgotten: it is due again when the rest is over."""
        began = self._started.pop(id, None)
        if began is None:
            return
        name = self._host_by_id[id]
        self._forget(id)
        self._lanes.end(id, monotonic)
        own = self._hosts[name]
        own.running -= 1
        if host is not None:
            self._heed(own, host, now, monotonic)
            if host.rest_until is not None and host.rest_until > now:
                self.keep(lambda errand: self._host_by_id[errand.id] != name)
        self._offer(name, own)

    def rest_site(self, site: str) -> None:
        """Forgets what waits on the hosts of this site: it rests."""
        resting = {name for name, host in self._hosts.items() if host.site == site}
        self.keep(lambda errand: self._host_by_id[errand.id] not in resting)

    def idle_hosts(self) -> tuple[str, ...]:
        """Claimed hosts with nothing waiting or running any more; forgotten by this call."""
        idle = tuple(name for name, host in self._hosts.items() if not host.held)
        for name in idle:
            del self._hosts[name]
        return idle

    def wait(self, monotonic: float) -> float | None:
        """Seconds until something may start; None: nothing waits, or only for visits to end."""
        times = [max(0.0, time - monotonic) for time in self._times(monotonic)]
        return min(times, default=None)

    def keep(self, wanted: Callable[[Errand], bool]) -> None:
        """Forgets what waits and is no longer wanted."""
        gone = [errand for host in self._hosts.values() for errand in host.waiting if not wanted(errand)]
        gone += [errand for _, _, errand in self._late if not wanted(errand)]
        if not gone:
            return
        ids = {errand.id for errand in gone}
        for host in self._hosts.values():
            host.waiting = deque(errand for errand in host.waiting if errand.id not in ids)
        self._late = [entry for entry in self._late if entry[2].id not in ids]
        heapq.heapify(self._late)
        for id in ids:
            self._forget(id)
        for name, host in self._hosts.items():
            self._offer(name, host)

    def _forget(self, id: str) -> None:
        self._hosts[self._host_by_id.pop(id)].held -= 1

    def _heed(self, host: _Host, state: HostState, now: datetime, monotonic: float) -> None:
        """The host's own clock and wishes, those from visits of other daemons included."""
        host.site = state.site
        host.delay = max(self._poll.host_delay, state.delay)
        for moment in (state.free_at, state.rest_until):
            if moment is not None:
                host.free = max(host.free, monotonic + (moment - now).total_seconds())

    def _admit(self, monotonic: float) -> None:
        """Lets late ones into the queues of their hosts, oldest first, at their pace."""
        self._next_late = max(self._next_late, monotonic - _BURST)
        while self._late and self._next_late <= monotonic:
            _, _, errand = heapq.heappop(self._late)
            self._next_late += self._late_gap
            name = self._host_by_id[errand.id]
            self._hosts[name].waiting.append(errand)
            self._offer(name, self._hosts[name])

    def _next(self, monotonic: float, *, suspect: bool) -> Errand | None:
        """The first of this kind whose host is free. A host that has moved on meanwhile is queued anew."""
        queue = self._queues[suspect]
        while queue and queue[0][0] <= monotonic:
            _, _, name = heapq.heappop(queue)
            host = self._hosts.get(name)
            if host is None:
                continue
            host.queued.discard(suspect)
            if self._may_start(host) and is_suspect(host.waiting[0]) is suspect and host.free <= monotonic:
                return self._start(name, host, monotonic, suspect)
            self._offer(name, host)
        return None

    def _start(self, name: str, host: _Host, monotonic: float, suspect: bool) -> Errand:
        errand = host.waiting.popleft()
        host.running += 1
        host.free = monotonic + host.delay
        self._started[errand.id] = monotonic
        self._lanes.start(errand.id, monotonic, suspect=suspect)
        self._offer(name, host)
        return errand

    def _may_start(self, host: _Host) -> bool:
        return bool(host.waiting) and host.running < self._poll.host_concurrency

    def _offer(self, name: str, host: _Host) -> None:
        """Puts the host into the queue of what it would start next, when it could start something; at most once."""
        if not self._may_start(host):
            return
        suspect = is_suspect(host.waiting[0])
        if suspect not in host.queued:
            host.queued.add(suspect)
            heapq.heappush(self._queues[suspect], (host.free, self._turn(), name))

    def _turn(self) -> int:
        """Among equals, first come, first served."""
        self._turns += 1
        return self._turns

    def _times(self, monotonic: float) -> Iterator[float]:
        if self._late:
            yield self._next_late
        for suspect, queue in self._queues.items():
            if not queue:
                continue
            if self._lanes.suspects_free() if suspect else self._lanes.fast_free(monotonic):
                yield queue[0][0]
            elif not suspect and (relief := self._lanes.relief(monotonic)) is not None:
                yield max(queue[0][0], monotonic + relief)


def _is_late(errand: Errand, before: datetime) -> bool:
    """Feeds that have never been polled are not late, but new."""
    return isinstance(errand, FeedState) and errand.last_poll is not None and errand.next_due < before
