"""How many visits may run at once, so that those who do not answer do not hold up those who do. Pure; times are
monotonic seconds.

Every visit starts in the fast lane, which takes ``concurrency`` of them. One that takes much longer than they usually
do moves to the slow lane, of several times that size, and makes room. Of the room in the fast lane, slow ones use some
until they are found out: it is widened by the share that they have lately used, so that the others always have
``concurrency`` of it to themselves. Suspects, which gave no answer last time, start in the slow lane and get a quarter
of it at most.
"""

from __future__ import annotations

from collections import OrderedDict

SLOW_SHARE = 10
"""How many times the concurrency the slow lane takes."""
SUSPECTS = 4
"""The part of the slow lane for suspects: one in so many."""
WIDEST = 3.0
MOST = 800
"""Visits at once in all, unless the desk itself wants more: a process may usually open 1,024 files."""
_SHORTEST, _LONGEST = 0.01, 0.25
_MEMORY = 0.98
"""What is left of the past with each visit."""


class Lanes:
    """Who runs in which lane. ``concurrency``: of those who answer in their time."""

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        most = max(concurrency + 1, min(MOST, round(concurrency * (SLOW_SHARE + WIDEST))))
        self._slow_most = min(concurrency * SLOW_SHARE, most - concurrency)
        self._most = most
        self._young: OrderedDict[str, float] = OrderedDict()
        self._aged: set[str] = set()
        self._suspects: set[str] = set()
        self._usual, self._seen = _LONGEST, 0
        self._useful = self._wasted = 0.0

    @property
    def running(self) -> int:
        """In all lanes."""
        return len(self._young) + len(self._aged) + len(self._suspects)

    def start(self, key: str, now: float, *, suspect: bool) -> None:
        """A visit begins."""
        if suspect:
            self._suspects.add(key)
        else:
            self._young[key] = now

    def end(self, key: str, now: float) -> None:
        """A visit is over; what is not running is left alone."""
        began = self._young.pop(key, None)
        self._aged.discard(key)
        self._suspects.discard(key)
        if began is not None:
            self._learn(now - began)

    def fast_free(self, now: float) -> bool:
        """Whether somebody may start who is no suspect."""
        self._move(now)
        return len(self._young) < self._width() and self.running < self._most

    def suspects_free(self) -> bool:
        """Whether a suspect may start."""
        room = self._slow_most - len(self._aged) - len(self._suspects)
        return room > 0 and len(self._suspects) < max(1, self._slow_most // SUSPECTS) and self.running < self._most

    def relief(self, now: float) -> float | None:
        """Seconds until the fast lane has room because a visit moves out of it; None when only an end can help."""
        if not self._young or len(self._aged) + len(self._suspects) >= self._slow_most or self.running >= self._most:
            return None
        return max(0.0, next(iter(self._young.values())) + self._patience() - now)

    def _patience(self) -> float:
        """After how long a visit is slow. The first ends are of the quickest only and tell nothing yet."""
        return min(max(2 * self._usual, _SHORTEST), _LONGEST) if self._seen >= self._concurrency else _LONGEST

    def _width(self) -> float:
        if self._wasted == 0:
            return self._concurrency
        return self._concurrency * min(WIDEST, 1 + self._wasted / max(self._useful, self._wasted / WIDEST))

    def _move(self, now: float) -> None:
        """Those who take too long change lanes, as far as there is room."""
        patience = self._patience()
        while self._young and len(self._aged) + len(self._suspects) < self._slow_most:
            key, began = next(iter(self._young.items()))
            if now - began < patience:
                return
            del self._young[key]
            self._aged.add(key)
            self._wasted += patience
            self._fade()

    def _learn(self, seconds: float) -> None:
        seconds = min(seconds, _LONGEST)
        self._seen += 1
        self._usual += (seconds - self._usual) * max(1 / self._seen, 1 - _MEMORY)
        self._useful += seconds
        self._fade()

    def _fade(self) -> None:
        self._useful *= _MEMORY
        self._wasted *= _MEMORY
