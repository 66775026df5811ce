"""A wall clock that was ahead and has been set right: what was noted for a time that is far away now comes back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from store.tables import feeds, hosts, leases

AHEAD = timedelta(minutes=5)
"""By how much the clocks of several machines may differ."""
LONGEST_LEASE = timedelta(hours=1)
LONGEST_WAIT = timedelta(days=2)
"""No feed and no host waits for longer."""


def set_right(connection: Connection, now: datetime) -> int:
    """Without this, feeds that were polled by a clock a year ahead would not be polled for a year, and the lease of a
    dead daemon would outlive it by as much. Each feed waits once more as long as it would have. How many feeds."""
    polled = select(feeds.c.id, feeds.c.host, feeds.c.last_poll, feeds.c.next_due)
    polled = polled.where(feeds.c.last_poll > now + AHEAD).order_by(feeds.c.id).with_for_update()
    rows = connection.execute(polled).all()
    ahead: dict[str, timedelta] = {}
    for feed, host, last, due in rows:
        wait = min(max(due - last, timedelta(0)), LONGEST_WAIT)
        connection.execute(update(feeds).where(feeds.c.id == feed).values(last_poll=now, next_due=now + wait))
        ahead[host] = max(last - now, ahead.get(host, timedelta(0)))
    _wait_as_long(connection, ahead)
    late = hosts.c.leased_until > now + LONGEST_LEASE
    connection.execute(update(hosts).where(late).values(owner="", leased_until=None))
    for column in (hosts.c.free_at, hosts.c.rest_until):
        connection.execute(update(hosts).where(column > now + LONGEST_WAIT).values({column.name: now}))
    connection.execute(delete(leases).where(leases.c.expires > now + LONGEST_LEASE))
    return len(rows)


def _wait_as_long(connection: Connection, ahead: Mapping[str, timedelta]) -> None:
    """These hosts were visited by a clock that was so far ahead: they rest as long as was meant."""
    for host, far in sorted(ahead.items()):
        row = connection.execute(select(hosts.c.free_at, hosts.c.rest_until).where(hosts.c.host == host)).first()
        for name, until in zip(("free_at", "rest_until"), row or (), strict=False):
            if until is not None:
                connection.execute(update(hosts).where(hosts.c.host == host).values({name: until - far}))
