"""Subscriptions at WebSub hubs, as ingest/hubs.py keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import asdict, replace
from sqlalchemy import case, delete, func, or_, select, update

from gordon.polling import HubSubscription
from store.database import Database
from store.tables import feeds
from store.tables import hub_subscriptions as table
from store.upsert import put

_wanted = feeds.c.subscribed & ~feeds.c.stopped & (feeds.c.hub != "")
_by_state = select(table.c.state, func.count()).group_by(table.c.state)
_left = or_(~_wanted, feeds.c.hub != table.c.hub, feeds.c.topic != table.c.topic)


class Hubs:
    """Keeps the promises of gordon.ports.HubStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hubs_due(self, now: datetime, most: int) -> Sequence[HubSubscription]:
        return [*self._kept(now, most), *self._new(now, most)][:most]

    def _kept(self, now: datetime, most: int) -> list[HubSubscription]:
        """What has to be renewed or asked again, and what has just lost its feed, which cannot wait."""
        query = select(table, _left.label("left")).join(feeds, feeds.c.id == table.c.feed)
        due = or_(table.c.next_try <= now, _left & (table.c.state != "ending"))
        with self._database.reading() as connection:
            rows = connection.execute(query.where(due).order_by(table.c.next_try).limit(most)).mappings()
            pairs = [(dict(row), row["left"]) for row in rows]
        return [_row({name: value for name, value in row.items() if name != "left"}, left) for row, left in pairs]

    def _new(self, now: datetime, most: int) -> list[HubSubscription]:
        query = select(feeds.c.id, feeds.c.hub, feeds.c.topic).outerjoin(table, table.c.feed == feeds.c.id)
        query = query.where(_wanted, table.c.feed.is_(None)).order_by(feeds.c.id).limit(most)
        with self._database.reading() as connection:
            return [
                HubSubscription(feed=feed, hub=hub, topic=topic, token="", secret="", state="wanted", next_try=now)
                for feed, hub, topic in connection.execute(query)
            ]

    def put_hub(self, subscription: HubSubscription) -> None:
        verified = subscription.state == "verified"
        with self._database.writing() as connection:
            put(connection, table, [asdict(subscription)])
            connection.execute(update(feeds).where(feeds.c.id == subscription.feed).values(pushed=verified))

    def drop_hub(self, feed: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.feed == feed))
            connection.execute(update(feeds).where(feeds.c.id == feed).values(pushed=False))

    def hub_by_token(self, token: str) -> HubSubscription | None:
        with self._database.reading() as connection:
            row = connection.execute(select(table).where(table.c.token == token)).mappings().first()
        return None if row is None else HubSubscription(**row)

    def by_state(self) -> dict[str, int]:
        """How many subscriptions are in each state."""
        with self._database.reading() as connection:
            return {state: size for state, size in connection.execute(_by_state)}

    def nudge(self, feed: str, now: datetime, least: float) -> bool:
        """Never later than it was due anyway."""
        with self._database.writing() as connection:
            query = select(feeds.c.last_poll).where(feeds.c.id == feed, feeds.c.subscribed, ~feeds.c.stopped)
            row = connection.execute(query.with_for_update()).first()
            if row is None:
                return False
            soon = now if row.last_poll is None else max(now, row.last_poll + timedelta(seconds=least))
            sooner = case((feeds.c.next_due < soon, feeds.c.next_due), else_=soon)
            connection.execute(update(feeds).where(feeds.c.id == feed).values(next_due=sooner))
            return True


def _row(row: dict[str, object], left: bool) -> HubSubscription:
    found = HubSubscription(**row)  # type: ignore[arg-type]  # a row of the table, which has these columns
    return replace(found, state="ending") if left else found
