"""How often files are mentioned, kept between batches: counts from the store, and the watch of each file's hour.

Counts are right as long as the file's change counter is the one they were read with, as those of a view are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gordon.desk.routing import Spikes
from gordon.ports import RouteTransaction
from route.baseline import Hours, Watch, counted, growth, hour_of, reach, spike, watch

MOST_FILES = 1_000
"""Files whose counts are remembered: at most 150 kB each, where every hour of two months has mentions."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Whether a file is mentioned much more than usual when a mention of it is seen, and how many times as often."""

    spike: bool = False
    growth: float = 1.0


@dataclass(slots=True)
class _Counts:
    hours: Hours
    counter: int
    look: Watch | None = None


class Watches:
    """The counts of the files used last. One transaction at a time: ``refresh`` first, then ``see``, then ``wrote``."""

    def __init__(self, config: Spikes, zone: ZoneInfo, *, files: int = MOST_FILES) -> None:
        self._config, self._zone, self._most = config, zone, files
        self._counts: OrderedDict[str, _Counts] = OrderedDict()
        self._since: datetime | None = None

    def __len__(self) -> int:
        return len(self._counts)

    def refresh(self, transaction: RouteTransaction, counters: Mapping[str, int], now: datetime) -> None:
        """Reads the counts of these files, under their locks, where they may have changed."""
        if self._since is None:
            self._since = transaction.counting_since()
        stale = [file for file, counter in counters.items() if self._counter(file) != counter]
        fresh = transaction.hours(stale, hour_of(now) - reach(self._config)) if stale else {}
        for file in stale:
            self._counts[file] = _Counts(fresh[file], counters[file])
        for file in counters:
            self._counts.move_to_end(file)
        while len(self._counts) > max(self._most, len(counters)):
            self._counts.popitem(last=False)

    def see(self, file: str, seen: datetime, *, fresh: bool, now: datetime) -> tuple[Signal, datetime]:
        """What a mention of the file meets, and the hour it belongs to. ``fresh``: it is counted. One that claims to
        come from the future counts as of now."""
        counts, at = self._counts[file], min(seen, now)
        hour = hour_of(at)
        if fresh:
            counts.hours = counted(counts.hours, at, self._config)
        if counts.look is None or counts.look.hour != hour:
            counts.look = watch(file, counts.hours, self._since or hour, hour, self._zone, self._config)
        return Signal(spike(counts.look, counts.hours) is not None, growth(counts.look, counts.hours)), hour

    def wrote(self, file: str) -> None:
        """The transaction raised the file's counter."""
        self._counts[file].counter += 1

    def drop(self, files: Collection[str]) -> None:
        """These may no longer be right."""
        for file in files:
            self._counts.pop(file, None)

    def _counter(self, file: str) -> int | None:
        known = self._counts.get(file)
        return known.counter if known else None
