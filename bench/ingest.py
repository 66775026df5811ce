"""How fast feeds are polled, beside other feed readers, over real feeds from an origin on the same two cores.

    python -m bench.ingest --data FOLDER [--feeds 2000] [--rounds 3] [--miniflux PROGRAM] [--reader PYTHON]
                           [--only first steady many dead hostile] [--gordon SOURCES]

Gordon is the real ``gordon ingest`` process with the politeness that loopback does not need switched off; Miniflux is
``miniflux -refresh-feeds``; reader is ``update_feeds``. Wall time of Gordon is from the first request at the origin to
the last recorded poll; CPU counts until what was found is published on the bus. See bench/README.md.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.origin import DEAD, Origin, feed_url, origin
from bench.support.contenders import Contender, Cost, Gordon, Miniflux, Reader
from bench.support.feed_sets import present
from bench.support.hostile_bodies import ENDLESS, hostile_bodies
from bench.support.subscribed import many
from tests.servers.postgres import PostgresServer, postgres_server

ROOT = Path(__file__).parents[1]
SCENARIOS = ("first", "steady", "many", "dead", "hostile")


class Bench:
    """The options, the origin and the server of databases, for all scenarios."""

    def __init__(self, options: argparse.Namespace, server: Origin, postgres: PostgresServer, folder: Path) -> None:
        self.options, self.server = options, server
        self._postgres, self._folder, self._number = postgres, folder, 0

    def urls(self, number: int, kinds: Sequence[str] = ("feed",), first: int = 0) -> list[str]:
        return [feed_url(self.server.port, first + n, kinds[n % len(kinds)]) for n in range(number)]

    @contextmanager
    def gordon(self, *, postgres: bool = False) -> Iterator[Gordon]:
        database = self._postgres.new_database() if postgres else ""
        settings = dict(pair.partition("=")[::2] for pair in self.options.set)
        contender = Gordon(
            self._place(),
            self.options.gordon,
            database=database,
            server=postgres and self._postgres.pid,
            settings=settings,
        )
        try:
            yield contender
        finally:
            contender.close()

    @contextmanager
    def peers(self) -> Iterator[list[Contender]]:
        """The others that are there."""
        found: list[Contender] = []
        workers = self.options.workers
        if self.options.miniflux:
            address = self._postgres.new_database().replace("+psycopg", "")
            found.append(Miniflux(self.options.miniflux, address, self._postgres.pid, workers))
        if self.options.reader:
            found.append(Reader(self.options.reader, self._place(), self.options.reader_workers))
        yield found

    def poll(self, contender: Contender, counted: Sequence[str], number: int) -> Cost:
        """A round, with its line."""
        before = self.server.ask(f"round {number}")["cpu"]
        cost = contender.poll(counted, lambda: self.server.ask("stats")["first"])
        told = self.server.ask("stats")
        answers = {name: int(told[name]) for name in sorted(told) if name not in ("cpu", "first", "bytes")}
        print(line(contender.name, number, cost, told["cpu"] - before), answers, flush=True)
        return cost

    def _place(self) -> Path:
        self._number += 1
        place = self._folder / str(self._number)
        place.mkdir()
        return place


HEAD = (
    f"  {'':21} round  feeds/s  feeds/CPU s  CPU s/1,000 polls  (+ PostgreSQL)  peak MiB  new entries"
    "  origin's CPU share  answers"
)


def line(name: str, number: int, cost: Cost, origin_cpu: float) -> str:
    per_thousand = 1000 * cost.cpu / cost.polls
    return (
        f"  {name:21} {number:5} {cost.polls / cost.wall:8.0f} {cost.polls / cost.cpu:12.0f} {per_thousand:18.2f}"
        f" {1000 * cost.database / cost.polls:15.2f} {cost.memory:9.0f} {cost.entries:12}"
        f" {origin_cpu / cost.wall:19.2f} "
    )


def rounds(bench: Bench) -> None:
    """First fetch, then the steady state."""
    number = bench.options.rounds if "steady" in bench.options.only else 0
    urls = bench.urls(bench.options.feeds)
    print(f"{len(urls)} feeds; round 0: first fetch; then a third 304, a third 200 unchanged, a third one new entry")
    print(HEAD)
    with ExitStack() as stack:
        for postgres in (False, True) if bench.options.postgres else (False,):
            with bench.gordon(postgres=postgres) as gordon:
                _all(bench, gordon, urls, number)
        for peer in stack.enter_context(bench.peers()):
            _all(bench, peer, urls, min(number, 1) if isinstance(peer, Reader) else number)


def _all(bench: Bench, contender: Contender, urls: Sequence[str], number: int) -> None:
    contender.subscribe(urls)
    for each in range(number + 1):
        bench.poll(contender, urls, each)


def disturbed(bench: Bench, others: Sequence[str], what: str) -> None:
    """How long healthy feeds take alone, and among these others, which are never waited for."""
    healthy = bench.urls(bench.options.feeds - len(others))
    print(f"{len(healthy)} healthy feeds alone, then among {len(others)} {what} ones (times are of the healthy)")
    print(HEAD)
    costs: list[list[Cost]] = []
    for urls in (healthy, _mixed(healthy, others)):
        with bench.gordon() as gordon:
            gordon.subscribe(urls)
            costs.append([bench.poll(gordon, healthy, number) for number in range(2)])
    for label, alone, among in zip(("first fetch", "steady"), *costs, strict=True):
        print(f"  {label}: feeds/s of the healthy {alone.wall / among.wall:.2f} of what they are alone")


def _mixed(healthy: Sequence[str], others: Sequence[str]) -> list[str]:
    every = max(1, len(healthy) // max(1, len(others)))
    waiting = list(others)
    mixed = [
        url
        for number, one in enumerate(healthy)
        for url in ([one, waiting.pop()] if waiting and number % every == 0 else [one])
    ]
    return mixed + waiting


def run(bench: Bench) -> None:
    wanted = bench.options.only
    if "first" in wanted or "steady" in wanted:
        rounds(bench)
    if "many" in wanted:
        with bench.gordon() as gordon:
            many(gordon, bench.urls(bench.options.many, ("feed-small",)), lambda urls: bench.poll(gordon, urls, 0))
    if "dead" in wanted:
        disturbed(bench, bench.urls(bench.options.feeds // 4, DEAD, first=50_000), "dead or slow")
    if "hostile" in wanted:
        kinds = [f"hostile-{kind}" for kind in (*hostile_bodies(), ENDLESS)]
        disturbed(bench, bench.urls(bench.options.feeds // 20, kinds, first=40_000), "hostile")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, help="folder of evaluation data")
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3, help="of the steady state")
    parser.add_argument("--only", nargs="*", default=list(SCENARIOS), choices=SCENARIOS)
    parser.add_argument("--gordon", type=Path, default=ROOT, help="sources of the Gordon to measure")
    parser.add_argument("--set", nargs="*", default=[], metavar="GORDON_X__Y=VALUE", help="settings of Gordon")
    parser.add_argument("--no-postgres", dest="postgres", action="store_false", help="Gordon on SQLite only")
    parser.add_argument("--miniflux", type=Path, help="the program")
    parser.add_argument("--workers", type=int, default=16, help="of Miniflux; 16 is its default")
    parser.add_argument("--reader", type=Path, help="a Python that has reader installed")
    parser.add_argument("--reader-workers", type=int, default=4)
    parser.add_argument("--port", type=int, default=18080)
    options = parser.parse_args()
    if not present(options.data):
        return
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="gordon-bench-"))
        server = stack.enter_context(origin(options.data, options.port))
        postgres = stack.enter_context(postgres_server(durable=True))
        run(Bench(options, server, postgres, Path(folder)))


if __name__ == "__main__":
    main()
