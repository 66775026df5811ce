"""A daemon with the real store on SQLite, the real client and parser, whose wall clock is the test's to turn."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from gordon.errors import StoreUnavailable
from gordon.events import Topics
from gordon.polling import Claim, Feed, HostState, Polled, Recorded
from gordon.settings import Settings
from ingest.client import Client
from ingest.daemon import Ingest
from ingest.parser import Parser
from ingest.settle import PollReport
from store.database import Database
from store.ingest import Ingest as Store

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Flaky(Store):
    """The real store; away while ``away`` says so."""

    away = False

    def claim(self, owner: str, now: datetime, until: datetime, most: int) -> Sequence[Claim] | None:
        self._here()
        return super().claim(owner, now, until, most)

    def record(self, owner: str, now: datetime, polls: Sequence[Polled], hosts: Sequence[HostState]) -> Recorded:
        self._here()
        return super().record(owner, now, polls, hosts)

    def sync_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        self._here()
        super().sync_feeds(feeds, now)

    def _here(self) -> None:
        if self.away:
            raise StoreUnavailable("the database is locked")


class Bench:
    """A daemon whose wall clock is ours to turn."""

    def __init__(self, database: Database, pool: Parser, *, owner: str = "one", **settings: Any) -> None:
        self.now = START
        self.database = database
        self.store = Flaky(database)
        self.reports: list[PollReport] = []
        self.commits = 0
        poll = {"host_delay": "0s", "jitter": 0, "catch_up": "0s"} | settings.pop("poll", {})
        http = {"allow_networks": ("127.0.0.0/8",), "deadline": "5s"} | settings.pop("http", {})
        worker = {"backoff_least": "10ms", "backoff_most": "20ms", "drain": "1s"} | settings.pop("worker", {})
        self.settings = Settings.model_validate({"http": http, "poll": poll, "worker": worker} | settings)
        self.client = Client(self.settings.http, clock=time.monotonic)
        self.ingest = Ingest(
            self.store,
            self.client,
            pool,
            self.settings,
            Topics(),
            owner=owner,
            now=lambda: self.now,
            monotonic=time.monotonic,
            jitter=lambda: 0.0,
            on_poll=self.reports.append,
            after_commit=self._committed,
        )

    def _committed(self) -> None:
        self.commits += 1

    def close(self) -> None:
        self.client.close()

    def until(self, polls: int, seconds: float = 60.0) -> list[PollReport]:
        """Turns until so many polls are recorded in all."""
        until = time.monotonic() + seconds
        while len(self.reports) < polls and time.monotonic() < until:
            self.ingest.turn(0.2)
        assert len(self.reports) == polls
        return self.reports

    def later(self, hours: float) -> None:
        """The clock moves on; the daemon looks again."""
        self.now += timedelta(hours=hours)
        self.ingest.sync(self.feeds)

    def sync(self, *feeds: Feed) -> None:
        self.feeds = feeds
        self.ingest.sync(feeds)

    def scalar(self, query: str) -> Any:
        with self.database.reading() as connection:
            return connection.scalar(text(query))
