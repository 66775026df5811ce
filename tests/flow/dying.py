"""The whole pipeline in one process that can die at a named point: the real stages, store and bus, with a fuse around
the store and the bus. ``python -m tests.flow.dying DESK BUS PREFIX POINT`` dies there, or ends with 0 when it is done.

A point is a call and a side of it: "route.write after" is behind the statements, before the commit.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from classify.matchers.spacy_runtime import Pipelines
from classify.stage import Classify
from gordon.app.policy import Policy, make_tagger, read_policy
from gordon.app.prepare import ready
from gordon.bus import Bus
from gordon.bus.open import open_bus
from gordon.events import Topics
from gordon.relay import Relay
from gordon.stage import Stage
from gordon.worker import Backoff, Worker
from ingest.client import Client
from ingest.daemon import Ingest
from ingest.parser import ParserPool
from route.policy import make_policy
from route.stage import Route
from store.database import Database, open_database
from store.ingest import Ingest as IngestStore
from store.outbox import Outbox
from store.route import Route as RouteStore
from tests.contracts.bus_kinds import FAST, PATIENCE
from tests.gordon.test_worker import Notes as LoopNotes

START = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


class Fuse:
    """Kills the process, as kill -9 does, when it comes by its point."""

    def __init__(self, point: str) -> None:
        self._point = point

    def at(self, point: str) -> None:
        if point == self._point:
            os.kill(os.getpid(), signal.SIGKILL)


class Fused:
    """What it holds, with the fuse before and after each call."""

    def __init__(self, held: Any, name: str, fuse: Fuse) -> None:
        self._held, self._name, self._fuse = held, name, fuse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._held, name)

        def call(*arguments: Any, **options: Any) -> Any:
            self._fuse.at(f"{self._name}.{name} before")
            result = found(*arguments, **options)
            self._fuse.at(f"{self._name}.{name} after")
            return Fused(result, self._name, self._fuse) if name == "subscribe" else result

        return call


class FusedRoute:
    """The store of route, with the fuse inside each transaction and behind its commit."""

    def __init__(self, database: Database, fuse: Fuse) -> None:
        self._store, self._fuse = RouteStore(database), fuse

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._store.transaction() as transaction:
            yield Fused(transaction, "route", self._fuse)
        self._fuse.at("route.transaction after")


class RelayNotes:
    def published(self, events: int) -> None: ...

    def waiting(self, error: Exception) -> None:
        raise error


class Pipeline:
    """All stages, one after the other, until nothing is left to do."""

    def __init__(self, desk: Path, bus: str, prefix: str, *, point: str = "", now: datetime = START) -> None:
        self._fuse = Fuse(point)
        self._now = lambda: now
        self._owner = f"{os.getpid()}-{now}"
        self._open = partial(open_bus, bus, kafka=FAST)
        self.topics = Topics(prefix)
        self._policy: Policy = read_policy(desk, {"GORDON_POLL__CATCH_UP": "0s"})
        self.database = ready(open_database(f"sqlite:///{desk / 'gordon.db'}"))

    def run(self) -> None:
        self._ingest()
        self._relay("ingest")
        tagger = make_tagger(self._policy.desk, Pipelines())
        self._work(Classify(tagger=tagger, policy_version=self._policy.desk.version, topics=self.topics, batch=7))
        policy = make_policy(self._policy.desk, self._policy.tree, self._policy.silences, self.topics)
        self._work(Route(policy=policy, store=FusedRoute(self.database, self._fuse), now=self._now))
        self._relay("route")

    def _ingest(self) -> None:
        settings = self._policy.desk.settings
        polls: list[Any] = []
        with (
            closing(ParserPool(settings.parse, clock=time.monotonic)) as parser,
            closing(Client(settings.http, clock=time.monotonic)) as client,
        ):
            ingest = Ingest(
                Fused(IngestStore(self.database), "ingest", self._fuse),
                client,
                parser,
                settings,
                self.topics,
                owner=self._owner,
                now=self._now,
                monotonic=time.monotonic,
                jitter=lambda: 0.0,
                on_poll=polls.append,
                after_commit=lambda: None,
            )
            ingest.sync(self._policy.feeds)
            until = time.monotonic() + PATIENCE
            while len(polls) < len(self._policy.feeds):
                assert time.monotonic() < until, "the feeds are not polled"
                ingest.turn(0.05)
            ingest.drain()

    def _relay(self, stage: str) -> None:
        name = f"{stage}-relay"
        relay = Relay(
            stage,
            Fused(Outbox(self.database), name, self._fuse),
            self._open,
            owner=self._owner,
            observer=RelayNotes(),
            now=self._now,
            monotonic=time.monotonic,
        )
        with closing(self._open()) as bus:
            relay.drain(Fused(bus, name, self._fuse))
        assert Outbox(self.database).size(stage) == 0

    def _work(self, stage: Stage) -> None:
        with closing(self._open()) as bus:
            group = self.topics.group(stage.name)
            done = self._done(bus, stage, group)
            worker = Worker(
                stage,
                Fused(bus, stage.name, self._fuse),
                group=group,
                dead_topic=self.topics.dead,
                observer=LoopNotes(),
                backoff=Backoff(0.1, 0.5),
                sleep=time.sleep,
                monotonic=time.monotonic,
                poll=1.0,
            )
            worker.run(done, lambda: None)

    def _done(self, bus: Bus, stage: Stage, group: str) -> Callable[[], bool]:
        until = time.monotonic() + PATIENCE

        def done() -> bool:
            assert time.monotonic() < until, f"{stage.name} does not come to an end"
            return not any(bus.lag(stage.reads, group).values())

        return done


def finish(desk: Path, bus: str, prefix: str) -> Pipeline:
    """Everything that is left to do, an hour later, when no lease of a dead process is in the way any more."""
    pipeline = Pipeline(desk, bus, prefix, now=START + timedelta(hours=1))
    pipeline.run()
    return pipeline


if __name__ == "__main__":
    desk, bus, prefix, point = sys.argv[1:]
    Pipeline(Path(desk), bus, prefix, point=point).run()
