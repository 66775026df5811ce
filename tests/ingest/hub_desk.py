"""A keeper of hub subscriptions with its listener and its client, for tests: the store in memory, the clock the
test's."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType

from gordon.polling import HubSubscription
from gordon.settings import Http
from ingest.callback import Answers, Callback
from ingest.client import Client
from ingest.hubs import HubKeeper
from ingest.websub import Asking
from tests.ingest.hub import MemoryHubs

WEEK = 7 * 86400.0
START = datetime(2026, 11, 2, 12, tzinfo=UTC)


@dataclass
class Desk(AbstractContextManager["Desk"]):
    """A keeper with its listener, over a store in memory and a clock that the test moves."""

    ca_file: str = ""
    store: MemoryHubs = field(default_factory=MemoryHubs)
    now: datetime = START
    counted: list[str] = field(default_factory=list)
    leads: bool = True

    def __enter__(self) -> Desk:
        http = Http(allow_networks=("127.0.0.0/8",), deadline=5.0)
        answers = Answers(lambda *a: self.keeper.verify(*a), lambda *a: self.keeper.push(*a), self.counted.append)
        self.callback = Callback(answers, "127.0.0.1", 0, most_body=1_000_000)
        self.address = f"http://127.0.0.1:{self.callback.port}/hub"
        self.client = Client(http, clock=time.monotonic, ca_file=self.ca_file)
        self.keeper = HubKeeper(
            self.store,
            self.client,
            Asking(self.address, WEEK, lambda: secrets.token_urlsafe(32), lambda: 0.5),
            least_interval=60.0,
            now=lambda: self.now,
            monotonic=itertools.count(1.0, 1.0).__next__,
            leads=lambda: self.leads,
            count=self.counted.append,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.callback.close()
        self.client.close()

    def turn_until(self, condition: Callable[[], bool]) -> None:
        until = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < until, (self.store, self.counted)
            self.keeper.turn(0.01)

    def rest(self, turns: int = 20) -> None:
        """Some turns in which nothing should happen."""
        for _ in range(turns):
            self.keeper.turn(0.005)

    def one(self, feed: str = "f") -> HubSubscription:
        return self.store.kept[feed]

    def is_verified(self, feed: str = "f") -> bool:
        return feed in self.store.kept and self.one(feed).state == "verified"

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
