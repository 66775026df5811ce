"""Which due feed is polled next: per-host politeness and the total limit. Pure; times are monotonic seconds."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gordon.polling import FeedState
from ingest.url import host_of


@dataclass(slots=True)
class _Host:
    """``free``: when the next poll of this host may start."""

    waiting: deque[FeedState] = field(default_factory=deque)
    running: int = 0
    free: float = 0.0
    queued: bool = False


class Agenda:
    """Feeds that are due, held until their host's turn. At most ``concurrency`` run at once, ``host_concurrency`` of
    one host, and its starts are ``host_delay`` seconds apart. Hosts do not hold each other up."""

    def __init__(self, *, concurrency: int, host_concurrency: int, host_delay: float) -> None:
        self._concurrency, self._host_concurrency, self._host_delay = concurrency, host_concurrency, host_delay
        self._hosts: dict[str, _Host] = {}
        self._queue: list[tuple[float, str]] = []
        self._held: set[str] = set()
        self._running: dict[str, str] = {}

    @property
    def held(self) -> int:
        """Feeds waiting and running."""
        return len(self._held)

    @property
    def running(self) -> int:
        """Feeds being polled."""
        return len(self._running)

    def hold(self, states: Iterable[FeedState]) -> int:
        """Adds due feeds, in this order; those already held are left alone. Returns how many were added."""
        added = 0
        for state in states:
            if state.id in self._held:
                continue
            name = host_of(state.url)
            host = self._hosts.setdefault(name, _Host())
            host.waiting.append(state)
            self._held.add(state.id)
            self._offer(name, host)
            added += 1
        return added

    def take(self, now: float) -> FeedState | None:
        """The next feed whose host is free; None: nothing may start now. It runs until ``done``."""
        while self._queue and self._queue[0][0] <= now and len(self._running) < self._concurrency:
            _, name = heapq.heappop(self._queue)
            host = self._hosts[name]
            host.queued = False
            if not self._may_start(host):
                continue
            state = host.waiting.popleft()
            host.running += 1
            host.free = now + self._host_delay
            self._running[state.id] = name
            self._offer(name, host)
            return state
        return None

    def done(self, feed: str) -> None:
        """The poll of this feed is over and recorded."""
        name = self._running.pop(feed, None)
        self._held.discard(feed)
        if name is not None:
            host = self._hosts[name]
            host.running -= 1
            self._offer(name, host)

    def wait(self, now: float) -> float | None:
        """Seconds until some host is free; None: nothing waits, or only for feeds that run."""
        if not self._queue or len(self._running) >= self._concurrency:
            return None
        return max(0.0, self._queue[0][0] - now)

    def keep(self, wanted: Callable[[FeedState], bool]) -> None:
        """Forgets waiting feeds that are no longer wanted."""
        for host in self._hosts.values():
            gone = [state for state in host.waiting if not wanted(state)]
            host.waiting = deque(state for state in host.waiting if wanted(state))
            self._held.difference_update(state.id for state in gone)

    def _may_start(self, host: _Host) -> bool:
        return bool(host.waiting) and host.running < self._host_concurrency

    def _offer(self, name: str, host: _Host) -> None:
        """Puts the host into the queue when it could start something; at most once."""
        if self._may_start(host) and not host.queued:
            host.queued = True
            heapq.heappush(self._queue, (host.free, name))
