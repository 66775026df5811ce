"""The outbox of a stage, and the lease of the one process that empties it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update
from sqlalchemy import insert as plain_insert

from gordon.bus import Message
from gordon.records import OutboxRow
from store.database import Database
from store.tables import leases, outbox
from store.upsert import chunks, insert

_columns = (outbox.c.id, outbox.c.topic, outbox.c.key, outbox.c.value, outbox.c.headers)


class Outbox:
    """Keeps the promises of gordon.ports.OutboxStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lease(self, name: str, owner: str, now: datetime, seconds: float) -> bool:
        with self._database.writing() as connection:
            return take_lease(connection, name, owner, now, now + timedelta(seconds=seconds))

    def release(self, name: str, owner: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(leases).where(leases.c.name == name, leases.c.owner == owner))

    def pending(self, stage: str, most: int) -> Sequence[OutboxRow]:
        with self._database.reading() as connection:
            rows = connection.execute(select(*_columns).where(is_pending(stage)).order_by(outbox.c.id).limit(most))
            return [OutboxRow(id=id, message=Message(*fields)) for id, *fields in rows]

    def published(self, ids: Sequence[int], now: datetime) -> None:
        with self._database.writing() as connection:
            for some in chunks(ids):
                connection.execute(update(outbox).where(outbox.c.id.in_(some)).values(published=now))

    def size(self, stage: str) -> int:
        """Messages of this stage that wait to be published."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).select_from(outbox).where(is_pending(stage))) or 0

    def republish(self, stage: str, since: datetime) -> int:
        """Lets what was published since this time, and is not pruned yet, be published again; says how much. For a
        broker that has lost topics: whoever read a message before drops it by its id."""
        again = (outbox.c.stage == stage) & (outbox.c.published >= since)
        with self._database.writing() as connection:
            return connection.execute(update(outbox).where(again).values(published=None)).rowcount


def take_lease(connection: Connection, name: str, owner: str, now: datetime, until: datetime) -> bool:
    """Takes or prolongs the lease; False while somebody else holds it."""
    statement = insert(connection, leases).values(name=name, owner=owner, expires=until)
    news = statement.excluded
    taken = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"owner": news.owner, "expires": news.expires},
        where=or_(leases.c.owner == news.owner, leases.c.expires <= now),
    )
    return connection.execute(taken.returning(leases.c.owner)).first() is not None


def is_pending(stage: str) -> ColumnElement[bool]:
    """The messages of this stage that wait, in the words of the index ix_outbox_pending."""
    return (outbox.c.stage == stage) & outbox.c.published.is_(None)


def post(connection: Connection, stage: str, messages: Sequence[Message], now: datetime | None) -> None:
    """Puts messages into a stage's outbox, in order. Without ``now`` a message counts from its own time."""
    rows = [
        {
            "stage": stage,
            "topic": message.topic,
            "key": message.key,
            "value": message.value,
            "headers": message.headers,
            "created": now or _own_time(message),
        }
        for message in messages
    ]
    if rows:
        connection.execute(plain_insert(outbox), rows)


def _own_time(message: Message) -> datetime | None:
    stamp = dict(message.headers).get("ce_time", b"").decode("ascii", "replace")
    try:
        time = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return time if time.tzinfo else None
