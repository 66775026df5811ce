"""How often a file is usually mentioned at this hour of the week, and when it is so much more that it is news. Pure.

Mentions are counted by hour (its beginning in UTC) over a window of some hours. What is usual is the median of the same
window in the weeks before, in the wall time of the zone, with the hours beside it; what spreads is the median deviation
of each of these hours from its own median. Both are taken after Anscombe's transform, 2*sqrt(x + 3/8), under which rare
events spread by 1 whatever their rate: so a rise from none to two is nothing, from none to a dozen is much, and from
100 to 112 is nothing again. A past burst does not move a median.

An episode begins in the hour in which the window lies ``above`` the usual spread, ends with the first whole hour after
which it lies ``below``, and is over anyway when it has lasted ``most``: then it is no news. It is found by walking
through the hours of the last days, so that a restart, another daemon or a replay find the same one.

    hours = counted(hours, at, config)                     # for each new mention; or from the store
    look = watch(file, hours, since, now, zone, config)    # once an hour and file; keep it
    spike(look, hours)                                     # for each mention
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from gordon.desk.routing import Spikes
from gordon.ids import derive

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
NEIGHBOURS = (-1, 0, 1)
_NORMAL = 1.4826
"""Median deviation to standard deviation, for normal values."""

Hours = Mapping[datetime, int]


@dataclass(frozen=True, slots=True)
class Spike:
    """One episode of a file: since the beginning of which hour. Its id is the same wherever it is found."""

    id: str
    file: str
    start: datetime


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual in a window, transformed; ``known``: how many weeks say so."""

    centre: float = 0.0
    spread: float = 1.0
    known: int = 0

    def excess(self, count: int) -> float:
        """How many times the usual spread a count lies above what is usual."""
        return (_steady(count) - self.centre) / self.spread

    @property
    def usual(self) -> float:
        """What is usual, as a number of mentions."""
        return max(0.0, (self.centre / 2) ** 2 - 0.375)


@dataclass(frozen=True, slots=True)
class Watch:
    """How a file stands in one hour: what is usual, and the episode that goes on from before. Holds for this hour."""

    file: str
    hour: datetime
    baseline: Baseline
    config: Spikes
    going_on: Spike | None = None
    worn: bool = False
    """Whether an episode that was over for its length still lasts."""


def hour_of(moment: datetime) -> datetime:
    """The beginning of its hour, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def counted(hours: Hours, at: datetime, config: Spikes) -> dict[datetime, int]:
    """The counts with one mention more; without hours that are too old to matter, so that they stay bounded."""
    hour = hour_of(at)
    return rebuilt({**hours, hour: hours.get(hour, 0) + 1}, max([*hours, hour]), config)


def rebuilt(hours: Hours, now: datetime, config: Spikes) -> dict[datetime, int]:
    """Counts, as the store has them, without hours that are too old to matter."""
    oldest = hour_of(now) - reach(config)
    return {hour: number for hour, number in hours.items() if hour >= oldest}


def reach(config: Spikes) -> timedelta:
    """How far back the counts have to go: what is usual at the beginning of the walk counts too."""
    walk = 2 * timedelta(seconds=config.most)
    return config.weeks * WEEK + walk + timedelta(seconds=config.window) + 3 * HOUR


def windows(hours: Hours, config: Spikes) -> dict[datetime, int]:
    """The mentions of the window that ends with each hour, where there are any."""
    found: defaultdict[datetime, int] = defaultdict(int)
    for hour, number in hours.items():
        for later in range(_width(config)):
            found[hour + later * HOUR] += number
    return dict(found)


def baseline(sums: Hours, hour: datetime, since: datetime, zone: ZoneInfo, config: Spikes) -> Baseline:
    """What is usual in the window that ends with this hour. ``sums``: see ``windows``; ``since``: when counting began,
    whatever the file: windows that begin before it are unknown."""
    first = since + (_width(config) - 1) * HOUR
    past = _weeks_before(hour, zone, config.weeks)
    columns = [[_steady(sums.get(one + shift * HOUR, 0)) for one in past if one + shift * HOUR >= first]
               for shift in NEIGHBOURS]  # fmt: skip
    if not columns[0]:
        return Baseline()
    centres = [median(column) for column in columns]
    pooled = [value for column in columns for value in column]
    off = [abs(value - centre) for column, centre in zip(columns, centres, strict=True) for value in column]
    # The hours beside help where there are few weeks, but must not hide what comes at the same hour every week.
    return Baseline(max(centres[1], median(pooled)), max(1.0, _NORMAL * median(off)), len(columns[0]))


def watch(file: str, hours: Hours, since: datetime, now: datetime, zone: ZoneInfo, config: Spikes) -> Watch:
    """How the file stands at the beginning of this hour. Walks through the last days: keep it for the hour."""
    hour = hour_of(now)
    sums = windows(hours, config)
    going_on: Spike | None = None
    worn = False
    for past in _hours(hour - 2 * timedelta(seconds=config.most), hour):
        count = sums.get(past, 0)
        if going_on or worn or count >= config.least:
            state = Watch(file, past, baseline(sums, past, since, zone, config), config, going_on, worn)
            going_on, worn = _after(state, count)
    return Watch(file, hour, baseline(sums, hour, since, zone, config), config, going_on, worn)


def spike(look: Watch, hours: Hours) -> Spike | None:
    """The episode that the file is in now, with the counts as they are."""
    return _standing(look, _now(look, hours))


def growth(look: Watch, hours: Hours) -> float:
    """How many times as many mentions as usual there are now; of fewer than one usual mention it counts one. 1.0 while
    too little is known."""
    count = _now(look, hours)
    return count / max(1.0, look.baseline.usual) if _enough(look.baseline) else 1.0


def _standing(look: Watch, count: int) -> Spike | None:
    """The episode with this many mentions in the window; one begins as soon as they are enough."""
    config, found = look.config, look.baseline
    if look.going_on or look.worn:
        return look.going_on
    if not _enough(found) or count < config.least or found.excess(count) < config.above:
        return None
    return Spike(derive("spike", look.file, look.hour.isoformat()), look.file, look.hour)


def _after(look: Watch, count: int) -> tuple[Spike | None, bool]:
    """The episode that goes on after the hour, and whether it is worn."""
    current = _standing(look, count)
    if not (current or look.worn) or look.baseline.excess(count) < look.config.below:
        return None, False
    lasted = look.hour + HOUR - current.start if current else timedelta.max
    worn = lasted >= timedelta(seconds=look.config.most)
    return (None, True) if worn else (current, False)


def _enough(found: Baseline) -> bool:
    """Two weeks at least."""
    return found.known >= 2


def _steady(count: int) -> float:
    return 2 * math.sqrt(count + 0.375)


def _width(config: Spikes) -> int:
    return int(config.window // 3600)


def _now(look: Watch, hours: Hours) -> int:
    return sum(hours.get(look.hour - back * HOUR, 0) for back in range(_width(look.config)))


def _hours(first: datetime, end: datetime) -> Iterator[datetime]:
    while first < end:
        yield first
        first += HOUR


def _weeks_before(hour: datetime, zone: ZoneInfo, weeks: int) -> list[datetime]:
    """The same wall time in the weeks before, as hours in UTC: summer time does not move the morning."""
    local = hour.astimezone(zone).replace(tzinfo=None)
    return [hour_of((local - week * WEEK).replace(tzinfo=zone)) for week in range(1, weeks + 1)]
