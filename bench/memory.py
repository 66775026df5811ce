"""Memory of route while its clock moves on for weeks: the window of grouping fills, and then it stays as it is.

    python -m bench.memory [--days 70] [--daily 600] [--remember 120000]

The stage in one process on SQLite, ten files, made-up stories of 60 words. Time is an argument of the stage, so weeks
take a minute. Memory is that of the whole process, less what it has after the first hundred mentions; it is looked at
every Sunday night, when the window is at its widest: it ends with a Monday. The slope is the least squares line over
the second half. Up to 32 MiB of it are the pages that SQLite keeps, 20 MiB the stems of words.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from bench.grouping import made_up
from bench.load import slope
from bench.route import batches
from bench.route_desk import Sizes, write_desk
from gordon.app.policy import read_policy
from gordon.events import Event, FileTag, Mention, Tagged, Topics
from route.policy import make_policy
from route.stage import Route
from store.database import open_database
from store.migrate import upgrade
from store.route import Route as RouteStore

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
SIZES = Sizes(files=10, people=100)


def resident() -> float:
    """MiB of this process."""
    rows = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("Pss:")) / 1024


def coming(count: int, daily: int) -> Iterator[Tagged]:
    """So many mentions, evenly over the files and days. Whoever makes them up holds none of them."""
    names = SIZES.names()
    for number, story in enumerate(made_up(count)):
        said = Mention(
            id=f"{number:032x}", revision=1, feed="bench", url=f"https://blog{number % 997}.example/{number}",
            title=story.title, text=story.text, language="en", kind="new", flags=(),
            seen=BEGIN + number * DAY / daily,
        )  # fmt: skip
        file = names[number % len(names)]
        yield Tagged(
            mention=said,
            file=file,
            files=(FileTag(file=file, score=1.0, evidence=()),),
            claims=(),
            policy_version="bench",
        )


class Clock:
    """Stands where the last mention was seen."""

    def __init__(self) -> None:
        self.now = BEGIN

    def follow(self, events: Sequence[Event]) -> Sequence[Event]:
        self.now = max(event.time for event in events)
        return events


def weeks(events: Iterator[list[Event]]) -> Iterator[tuple[int, Iterator[list[Event]]]]:
    """The batches by the week of their first event."""
    return groupby(events, lambda batch: (batch[0].time - BEGIN) // WEEK)


def run(folder: Path, options: argparse.Namespace) -> None:
    clock = Clock()
    read = read_policy(write_desk(folder / "desk", SIZES), {})
    policy = make_policy(read.desk, read.tree, read.silences, Topics())
    database = open_database(f"sqlite:///{folder}/gordon.db")
    upgrade(database)
    stage = Route(policy=policy, store=RouteStore(database), now=lambda: clock.now, remember=options.remember)
    news = batches(coming(options.days * options.daily, options.daily), 100)
    stage.handle(clock.follow(next(news)))
    empty, handled, found = resident(), 0, []
    for week, some in weeks(news):
        for batch in some:
            stage.handle(clock.follow(batch))
            handled += len(batch)
        more = resident() - empty
        found.append((week, more))
        print(
            f"  week {week + 1:2}: {handled:7} events, {stage.remembered:6} mentions remembered, {more:+7.1f} MiB",
            flush=True,
        )
    half = found[len(found) // 2 :]
    print(f"  weeks {half[0][0] + 1} to {half[-1][0] + 1}: {slope(half):+.2f} MiB a week")
    database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--days", type=int, default=70)
    parser.add_argument("--daily", type=int, default=600, help="mentions a day")
    parser.add_argument("--remember", type=int, default=120_000, help="route.remember")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gordon-bench-") as name:
        run(Path(name), options)


if __name__ == "__main__":
    main()
