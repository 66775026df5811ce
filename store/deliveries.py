"""Webhooks and their deliveries: accepted once, posted in order, settled by whoever holds the lease, forgotten late."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Connection, case, delete, func, literal_column, select, update

from gordon.bus import Message
from gordon.errors import Conflict, NotFound
from gordon.webhooks import STAGE, Delivery, Settled
from store.database import Database
from store.delivery_tables import deliveries, webhooks
from store.outbox import post, take_lease
from store.route_tables import items
from store.tables import leases
from store.upsert import add_missing, insert

LEASE = "webhooks"
# In the words of the partial indexes, which a bound parameter would not match.
_waiting = deliveries.c.state == literal_column("'waiting'")
_columns = tuple(deliveries.c[name] for name in Delivery.__struct_fields__)


class WebhookState(Struct, frozen=True, kw_only=True):
    """How a webhook stands. ``wanted``: the desk has it; ``waiting``: events for it, the first accepted ``oldest``;
    ``failures``: tries in a row; ``last_*``: of the last try."""

    id: str
    wanted: bool
    since: datetime
    disabled_at: datetime | None
    failures: int
    last_try: datetime | None
    last_outcome: str
    last_detail: str
    waiting: int = 0
    oldest: datetime | None = None
    next_try: datetime | None = None


class Deliveries:
    """The deliveries of one database. Each call is a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sync(self, addresses: Mapping[str, str], now: datetime) -> Mapping[str, datetime]:
        """Makes these the webhooks, by id with a digest of the address; returns since when each is known. One that is
        missing is kept with what waits for it; one with a new address is tried again though it was disabled."""
        fresh = {"wanted": True, "since": now, "failures": 0, "last_outcome": "", "last_detail": ""}
        rows = [fresh | {"id": id, "address": address} for id, address in addresses.items()]
        with self._database.writing() as connection:
            connection.execute(update(webhooks).where(webhooks.c.id.not_in(addresses)).values(wanted=False))
            if rows:
                statement = insert(connection, webhooks)
                news = statement.excluded
                moved = webhooks.c.address != news.address
                again = {
                    "wanted": True,
                    "address": news.address,
                    "disabled_at": case((moved, None), else_=webhooks.c.disabled_at),
                }
                connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=again), rows)
            known = connection.execute(select(webhooks.c.id, webhooks.c.since).where(webhooks.c.wanted))
            return {id: since for id, since in known}

    def accept(self, found: Sequence[Delivery]) -> None:
        """Keeps events for webhooks, in order; one that is known to the webhook is left alone."""
        rows = [_row(one) for one in found]
        if rows:
            with self._database.writing() as connection:
                add_missing(connection, deliveries, rows)

    def accept_again(self, one: Delivery) -> None:
        """Takes up an event that had been given up, with all its tries before it. Raises NotFound for a webhook that
        the desk does not have, Conflict for an event that waits already."""
        with self._database.writing() as connection:
            wanted = select(webhooks.c.id).where(webhooks.c.id == one.webhook, webhooks.c.wanted)
            if connection.scalar(wanted) is None:
                raise NotFound("webhook", one.webhook, "the desk has it no more, or no relay has seen it yet")
            statement = insert(connection, deliveries)
            fresh = {
                name: statement.excluded[name] for name in ("state", "attempts", "next_try", "created", "finished")
            }
            taken = statement.on_conflict_do_update(
                index_elements=["webhook", "event"], set_=fresh, where=deliveries.c.state != "waiting"
            ).returning(deliveries.c.number)
            if connection.execute(taken, _row(one)).first() is None:
                raise Conflict(f"event {one.event} waits for webhook {one.webhook} already")

    def due(self, webhook: str, now: datetime, most: int, busy: Collection[str] = ()) -> Sequence[Delivery]:
        """What can be posted to a webhook now, longest due first: of each issue the first event that waits, and none
        of the issues in ``busy``. Nothing where the webhook was set aside."""
        earlier = deliveries.alias("earlier")
        blocked = (
            select(earlier.c.number)
            .where(
                earlier.c.webhook == webhook,
                earlier.c.state == literal_column("'waiting'"),
                earlier.c.issue == deliveries.c.issue,
                earlier.c.number < deliveries.c.number,
            )
            .exists()
        )
        asleep = select(webhooks.c.disabled_at).where(webhooks.c.id == webhook).scalar_subquery()
        ready = _waiting & (deliveries.c.webhook == webhook) & (deliveries.c.next_try <= now) & asleep.is_(None)
        query = select(*_columns).where(ready, deliveries.c.issue.not_in(busy), ~blocked)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(deliveries.c.next_try, deliveries.c.number).limit(most))
            return [Delivery(**row) for row in rows.mappings()]

    def lease(self, owner: str, now: datetime, seconds: float) -> bool:
        """Takes or prolongs the right to post; False while another relay has it."""
        with self._database.writing() as connection:
            return take_lease(connection, LEASE, owner, now, now + timedelta(seconds=seconds))

    def release(self, owner: str) -> None:
        """Gives the right back."""
        with self._database.writing() as connection:
            connection.execute(delete(leases).where(leases.c.name == LEASE, leases.c.owner == owner))

    def settle(self, owner: str, settled: Sequence[Settled], letters: Sequence[Message], now: datetime) -> bool:
        """Notes what became of tries, in one transaction, with the dead letters of those that were given up. False:
        refused, as the lease is another's by now; what was posted will be posted again by it."""
        with self._database.writing() as connection:
            holder = select(leases.c.owner).where(leases.c.name == LEASE).with_for_update()
            if connection.scalar(holder) != owner:
                return False
            for one in settled:
                _settle(connection, one, now)
            post(connection, STAGE, letters, now)
            return True

    def enable(self, id: str, now: datetime) -> int:
        """Posts to a webhook again, beginning now with what waits; says how much that is. Raises NotFound."""
        with self._database.writing() as connection:
            found = connection.execute(
                update(webhooks).where(webhooks.c.id == id).values(disabled_at=None, failures=0)
            ).rowcount
            if not found:
                raise NotFound("webhook", id, "a relay has to have seen it first")
            soon = update(deliveries).where(_waiting, deliveries.c.webhook == id).values(next_try=now)
            return connection.execute(soon).rowcount

    def states(self) -> list[WebhookState]:
        """All webhooks that were ever seen, with what waits for them."""
        names = [name for name in WebhookState.__struct_fields__ if name in webhooks.c]
        # What an index holds; when the first of all came is looked up in its row, as rows are long.
        first = func.min(deliveries.c.number).label("first")
        counted = select(deliveries.c.webhook, func.count().label("size"), first, func.min(deliveries.c.next_try))
        waits_of = counted.where(_waiting).group_by(deliveries.c.webhook)
        with self._database.reading() as connection:
            waits = {id: rest for id, *rest in connection.execute(waits_of)}
            numbers = [first for _, first, _ in waits.values()]
            came = select(deliveries.c.number, deliveries.c.created).where(deliveries.c.number.in_(numbers))
            created = {number: moment for number, moment in connection.execute(came)}
            rows = connection.execute(select(*(webhooks.c[name] for name in names)).order_by(webhooks.c.id)).mappings()
            found = [(dict(row), waits.get(row["id"], [0, None, None])) for row in rows]
        return [
            WebhookState(**row, waiting=size, oldest=created.get(first), next_try=soon)
            for row, (size, first, soon) in found
        ]


def _row(one: Delivery) -> dict[str, Any]:
    row = asdict(one) | {"state": "waiting", "next_try": one.created, "finished": None, "outcome": "", "detail": ""}
    del row["number"]
    return row


def _settle(connection: Connection, one: Settled, now: datetime) -> None:
    """A row that was settled otherwise meanwhile is left alone; what waits behind a failure waits with it."""
    given = one.delivery
    row = update(deliveries).where(
        deliveries.c.number == given.number, _waiting, deliveries.c.attempts == given.attempts
    )
    news = {"state": one.state, "attempts": one.attempts, "next_try": one.next_try, "outcome": one.outcome}
    finished = None if one.state == "waiting" else now
    connection.execute(row.values(**news, detail=one.detail, finished=finished))
    if one.state == "waiting":
        # By number: asked in one, SQLite would go through all that waits for the webhook.
        behind = _waiting & (deliveries.c.webhook == given.webhook) & (deliveries.c.issue == given.issue)
        later = deliveries.c.number.in_(select(deliveries.c.number).where(behind))
        moved = update(deliveries).where(later, deliveries.c.next_try < one.next_try)
        connection.execute(moved.values(next_try=one.next_try))
    failures = 0 if one.outcome == "delivered" else webhooks.c.failures + 1
    last: dict[str, Any] = {"last_try": now, "last_outcome": one.outcome, "last_detail": one.detail}
    if one.outcome == "gone":
        last["disabled_at"] = func.coalesce(webhooks.c.disabled_at, now)
    connection.execute(update(webhooks).where(webhooks.c.id == given.webhook).values(failures=failures, **last))


def queues_with_items(database: Database) -> frozenset[str]:
    """Every queue that ever had an item: also of one that the desk has no more something may be told yet."""
    with database.reading() as connection:
        return frozenset(connection.scalars(select(items.c.queue).distinct()))
