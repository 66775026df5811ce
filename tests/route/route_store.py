"""A real store with a stage over it, and what both said; for the tests of route."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from gordon import codec
from gordon.bus import Record
from gordon.events import Assigned, Event
from route.report import RouteReport
from route.stage import Route
from store.database import Database
from store.outbox import Outbox
from store.route import Route as RouteStore
from tests.databases import new_sqlite
from tests.route.route_desk import MONDAY, mention, policy, write_desk

FILE = "passport-services"
DELAYS = mention(
    "delays",
    "Passport office in Lower Beaver closes after flood",
    "Water in the cellar of the office; staff move to the library.",
)
DELAYS_AGAIN = mention(
    "delays-2",
    "Flood closes Lower Beaver passport office",
    "Staff of the flooded office in Lower Beaver work from the library.",
)
FEES = mention(
    "fees", "Passport fees to double next spring, blogger insists", "No source is given for the doubling of fees."
)


class Desk:
    """A store, a stage over it, and what it said."""

    def __init__(self, folder: Path) -> None:
        self.database: Database = new_sqlite(folder / "gordon.db")
        self.reports: list[RouteReport] = []
        self.folder = folder
        write_desk(folder)
        self.stage = self.another()

    def another(self, now: Callable[[], datetime] = lambda: MONDAY + timedelta(seconds=2)) -> Route:
        """One more worker over the same store."""
        store = RouteStore(self.database)
        return Route(policy=policy(self.folder), store=store, now=now, observe=self.reports.append)

    def sent(self) -> list[Event]:
        """Everything in the outbox, in order; each event says all in French too."""
        rows = Outbox(self.database).pending("route", 1000)
        events = [
            codec.decode(Record(m.topic, 0, number, m.key, m.value, m.headers))
            for number, m in enumerate(row.message for row in rows)
        ]
        for data in (event.data for event in events):
            missing = untranslated(data) if isinstance(data, Assigned) else []
            assert not missing, missing
        return events

    def changes(self) -> list[tuple[str, str, int]]:
        """Queue, change and mentions of every event sent."""
        return [
            (d.queue, d.change, d.mentions) for d in (event.data for event in self.sent()) if isinstance(d, Assigned)
        ]


def untranslated(assigned: Assigned) -> list[str]:
    """Sentences of an item that are the same in both languages."""
    told = [(assigned.why, assigned.why_fr), *zip(assigned.explain, assigned.explain_fr, strict=True)]
    told += [(one.why, one.why_fr) for one in (*assigned.team, *assigned.gaps)]
    return [english for english, french in told if english and english == french]
