"""Leases of hosts: which daemon may visit which, and what is due there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, case, delete, func, or_, select, update

from gordon.polling import Claim, FeedState, HostState, PageTask
from store.database import Database
from store.outbox import take_lease
from store.tables import feeds, held, hosts, leases
from store.upsert import Row, add_missing, chunks

TURN = "ingest"
"""The lease of the one daemon that may poll a SQLite database."""
_STATE = ("etag", "last_modified", "body_hash", "interval", "next_due", "last_poll", "last_full", "last_new",
          "outcome", "detail", "status", "failures", "stopped", "host", "gap", "arrivals", "hints", "moved_to",
          "moved_times", "moved_since", "hub", "topic")  # fmt: skip
state_columns = (
    feeds.c.id, feeds.c.current_url.label("url"), feeds.c.language, feeds.c.full_text, feeds.c.pushed,
    *(feeds.c[name] for name in _STATE),
)  # fmt: skip
RECORDED = _STATE
"""The columns of a feed that a poll writes."""
_page_columns = (
    held.c.mention.label("id"), held.c.data.label("mention"), held.c.feed, held.c.url, held.c.host, held.c.next_due,
    held.c.failures,
)  # fmt: skip
_STATE_NAMES = tuple(column.name for column in state_columns)
_PAGE_NAMES = tuple(column.name for column in _page_columns)
_HOST = ("host", "site", "free_at", "rest_until", "delay", "strikes", "struck", "epoch")
host_columns = tuple(hosts.c[name] for name in _HOST)
wanted = feeds.c.subscribed & ~feeds.c.stopped
_page = held.c.reason == "page"
MOST_OF_A_HOST = 32
"""Feeds (and pages) of one host in one claim: visited one after the other, more of them would only keep others out."""


class Claims:
    """The part of gordon.ports.IngestStore that is about hosts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, owner: str, now: datetime, until: datetime, most: int) -> Sequence[Claim] | None:
        with self._database.writing() as connection:
            if connection.dialect.name == "sqlite" and not take_lease(connection, TURN, owner, now, until):
                return None
            names = _due_hosts(connection, owner, now, most)
            states = _leased(connection, names, owner, now, until)
            return _with_work(connection, states, now)

    def prolong(self, owner: str, until: datetime) -> None:
        with self._database.writing() as connection:
            connection.execute(update(hosts).where(hosts.c.owner == owner).values(leased_until=until))
            mine = (leases.c.name == TURN) & (leases.c.owner == owner)
            connection.execute(update(leases).where(mine).values(expires=until))

    def release(self, owner: str, names: Collection[str] | None) -> None:
        free = update(hosts).where(hosts.c.owner == owner).values(owner="", leased_until=None)
        with self._database.writing() as connection:
            if names is not None:
                for some in chunks(names):
                    connection.execute(free.where(hosts.c.host.in_(some)))
                return
            connection.execute(free)
            connection.execute(delete(leases).where(leases.c.name == TURN, leases.c.owner == owner))

    def next_due(self, now: datetime) -> datetime | None:
        with self._database.reading() as connection:
            times = [connection.scalar(_earliest(source, now)) for source in (feeds, held)]
        return min((time for time in times if time is not None), default=None)

    def late(self, before: datetime) -> int:
        query = select(func.count()).where(wanted, feeds.c.last_poll.is_not(None), feeds.c.next_due < before)
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def site_strikes(self, site: str, since: datetime) -> int:
        query = select(func.count()).where(hosts.c.site == site, hosts.c.strikes > 0, hosts.c.free_at > since)
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def rest_site(self, site: str, until: datetime) -> None:
        shorter = or_(hosts.c.rest_until.is_(None), hosts.c.rest_until < until)
        # In the order in which others lock hosts, too: nobody waits in a circle.
        of_site = select(hosts.c.host).where(hosts.c.site == site, shorter).order_by(hosts.c.host).with_for_update()
        with self._database.writing() as connection:
            names = list(connection.scalars(of_site))
            for some in chunks(names):
                connection.execute(update(hosts).where(hosts.c.host.in_(some), shorter).values(rest_until=until))


def add_hosts(connection: Connection, names: Collection[str]) -> None:
    """Makes hosts that nobody has visited known."""
    blank: Row = {"site": "", "delay": 0.0, "strikes": 0, "struck": "", "epoch": 0, "owner": ""}
    add_missing(connection, hosts, [{"host": name, **blank} for name in sorted(names)])


def _open_to(owner: str, now: datetime) -> ColumnElement[bool]:
    """Hosts that this owner may have: his own, those of nobody, and those whose lease has ended."""
    return or_(hosts.c.leased_until.is_(None), hosts.c.leased_until <= now, hosts.c.owner == owner)


def _awake(now: datetime) -> ColumnElement[bool]:
    return and_(
        or_(hosts.c.rest_until.is_(None), hosts.c.rest_until <= now),
        or_(hosts.c.free_at.is_(None), hosts.c.free_at <= now),
    )


def _due_hosts(connection: Connection, owner: str, now: datetime, most: int) -> list[str]:
    """The hosts with work for this owner, the longest due first, each once, as long as there is room for their work."""
    here = and_(_open_to(owner, now), _awake(now))
    first: dict[str, datetime] = {}
    works: Counter[str] = Counter()
    for source, holds in ((feeds, wanted), (held, _page)):
        earliest = func.min(source.c.next_due)
        query = select(source.c.host, earliest, func.count()).join(hosts, hosts.c.host == source.c.host)
        query = query.where(holds, source.c.next_due <= now, here).group_by(source.c.host)
        for name, moment, count in connection.execute(query.order_by(earliest, source.c.host).limit(most)):
            first[name] = min(moment, first.get(name, moment))
            works[name] += min(count, MOST_OF_A_HOST)
    names = sorted(first, key=lambda name: (first[name], name))
    before = accumulate((works[name] for name in names), initial=0)
    return [name for name, taken in zip(names, before, strict=False) if taken < most]


def _leased(
    connection: Connection, names: Sequence[str], owner: str, now: datetime, until: datetime
) -> list[HostState]:
    """Those of the hosts that this owner has now. What another daemon is just leasing is passed over; each lease that
    begins has a new epoch."""
    found: list[HostState] = []
    for some in chunks(names):
        # Asked again: since it was found, another daemon may have visited the host and given it back.
        free = select(hosts.c.host).where(hosts.c.host.in_(some), _open_to(owner, now), _awake(now))
        free = free.order_by(hosts.c.host).with_for_update(skip_locked=True)
        mine = list(connection.scalars(free))
        new = case((hosts.c.owner == owner, hosts.c.epoch), else_=hosts.c.epoch + 1)
        lease = update(hosts).where(hosts.c.host.in_(mine)).values(owner=owner, leased_until=until, epoch=new)
        rows = connection.execute(lease.returning(*host_columns)) if mine else ()
        found += [HostState(**dict(zip(_HOST, row, strict=True))) for row in rows]
    order = {name: place for place, name in enumerate(names)}
    return sorted(found, key=lambda state: order[state.host])


def _with_work(connection: Connection, states: Sequence[HostState], now: datetime) -> list[Claim]:
    by_feed: defaultdict[str, list[FeedState]] = defaultdict(list)
    by_page: defaultdict[str, list[PageTask]] = defaultdict(list)
    for some in chunks(state.host for state in states):
        for row in connection.execute(_first_of_each(feeds, state_columns, wanted, some, now)):
            state = FeedState(**dict(zip(_STATE_NAMES, row, strict=True)))
            by_feed[state.host].append(state)
        for row in connection.execute(_first_of_each(held, _page_columns, _page, some, now)):
            task = PageTask(**dict(zip(_PAGE_NAMES, row, strict=True)))
            by_page[task.host].append(task)
    return [Claim(host=state, feeds=tuple(by_feed[state.host]), pages=tuple(by_page[state.host])) for state in states]


def _first_of_each(
    source: Table, columns: Sequence[Any], holds: ColumnElement[bool], names: Sequence[str], now: datetime
) -> Any:
    """What is longest due on each of these hosts."""
    (key,) = source.primary_key
    order = (source.c.next_due, key)
    place = func.row_number().over(partition_by=source.c.host, order_by=order)
    due = select(key, place.label("place")).where(holds, source.c.next_due <= now, source.c.host.in_(names)).subquery()
    query = select(*columns).join(due, due.c[key.name] == key).where(due.c.place <= MOST_OF_A_HOST)
    return query.order_by(*order)


def _earliest(source: Any, now: datetime) -> Any:
    """When the first of these can be visited that is in nobody's lease."""
    holds = wanted if source is feeds else _page
    free = or_(hosts.c.leased_until.is_(None), hosts.c.leased_until <= now)
    moment = source.c.next_due
    for bar in (hosts.c.rest_until, hosts.c.free_at):
        moment = case((bar > moment, bar), else_=moment)
    query = select(func.min(moment)).select_from(source.join(hosts, hosts.c.host == source.c.host))
    return query.where(holds, free)
