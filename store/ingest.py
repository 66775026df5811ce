"""What ingest writes and reads: subscriptions, polls with what they found, and its outbox."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, case, delete, or_, select, update

from gordon.errors import Permanent
from gordon.hosts import host_of
from gordon.ids import digest
from gordon.polling import Entry, Feed, Found, Hints, HostState, PageRead, Polled, Recorded
from store.claims import RECORDED, Claims
from store.held import hold, let_go
from store.outbox import Outbox, post
from store.tables import entries, feeds, held, hosts, polls, readings, revisions
from store.upsert import Insert, Row, add_missing, chunks, insert, put

STAGE = "ingest"
_FRESH: Row = {
    "etag": "", "last_modified": "", "body_hash": "", "detail": "", "interval": 0.0, "status": 0, "failures": 0,
    "last_full": None, "stopped": False, "moved_to": "", "moved_times": 0, "moved_since": None, "hints": Hints(),
    "hub": "", "topic": "",
}  # fmt: skip
"""What a feed forgets when its address changes."""
_ENTRY = (entries.c.identity, entries.c.mention, entries.c.revision, entries.c.fingerprint, entries.c.link,
          entries.c.content)  # fmt: skip


class Ingest(Claims):
    """Keeps the promises of gordon.ports.IngestStore."""

    def sync_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        with self._database.writing() as connection:
            _subscribe(connection, feeds, now)

    def entries(
        self, feed: str, identities: Collection[str], links: Collection[str] = (), contents: Collection[str] = ()
    ) -> Sequence[Entry]:
        asked = ((entries.c.key, map(_key, identities)), (entries.c.link, links), (entries.c.content, contents))
        found: dict[str, Entry] = {}
        with self._database.reading() as connection:
            for column, values in asked:
                for some in chunks(value for value in values if value):
                    found |= {entry.mention: entry for entry in _known(connection, feed, column.in_(some))}
        return tuple(found.values())

    def reading(self, feed: str) -> bytes:
        with self._database.reading() as connection:
            return connection.scalar(select(readings.c.data).where(readings.c.feed == feed)) or b""

    def record(self, owner: str, now: datetime, polls: Sequence[Polled], hosts: Sequence[HostState]) -> Recorded:
        try:
            return Recorded(refused=frozenset(self._record(owner, now, polls, hosts)))
        except Permanent as error:
            if len(polls) == 1:
                return Recorded(broken={polls[0].state.id: str(error)})
        parts = [self.record(owner, now, [poll], [host for host in hosts if host.host == poll.host]) for poll in polls]
        refused = frozenset(feed for part in parts for feed in part.refused)
        return Recorded(refused=refused, broken={feed: why for part in parts for feed, why in part.broken.items()})

    def _record(self, owner: str, now: datetime, polled: Sequence[Polled], states: Sequence[HostState]) -> set[str]:
        with self._database.writing() as connection:
            ours = _ours(connection, owner, states)
            mine = [poll for poll in polled if poll.host in ours]
            _put_hosts(connection, [state for state in states if state.host in ours], mine)
            _put_states(connection, mine)
            _add_lines(connection, mine)
            _put_readings(connection, mine)
            _put_found(connection, mine, now)
        return {poll.state.id for poll in polled if poll.host not in ours}

    def record_page(self, owner: str, now: datetime, read: PageRead, host: HostState) -> bool:
        task, found = read.task, read.found
        with self._database.writing() as connection:
            if host.host not in _ours(connection, owner, [host]):
                return False
            _put_hosts(connection, [host], ())
            waits = (held.c.mention == task.id) & (held.c.reason == "page")
            if found is None:
                later = update(held).where(waits).values(failures=task.failures, next_due=task.next_due)
                connection.execute(later)
            elif connection.execute(delete(held).where(waits)).rowcount:
                _publish(connection, [found], now)
            return True

    def outbox_size(self) -> int:
        return Outbox(self._database).size(STAGE)


def _key(identity: str) -> str:
    return digest(identity.encode("utf-8", "surrogatepass"), 32)


def _known(connection: Connection, feed: str, which: ColumnElement[bool]) -> list[Entry]:
    query = select(*_ENTRY, held.c.reason).outerjoin(held, held.c.mention == entries.c.mention)
    names = ("identity", "mention", "revision", "fingerprint", "link", "content")
    return [
        Entry(**dict(zip(names, values, strict=True)), held=reason or "")
        for *values, reason in connection.execute(query.where(entries.c.feed == feed, which))
    ]


def _subscribe(connection: Connection, wanted: Sequence[Feed], now: datetime) -> None:
    """The feeds become the only subscriptions. A row whose URL changes starts like a new one, but keeps its past."""
    connection.execute(update(feeds).values(subscribed=False))
    fresh = _FRESH | {"next_due": now}
    rows = [
        {"id": feed.id, "url": feed.url, "title": feed.title, "folder": feed.folder, "language": feed.language,
         "full_text": feed.full_text, "subscribed": True, "current_url": feed.url, "outcome": "never",
         "host": host_of(feed.url), "gap": 0.0, "arrivals": 0, "pushed": False, **fresh}
        for feed in wanted
    ]  # fmt: skip
    if not rows:
        return
    statement = insert(connection, feeds)
    moved = feeds.c.url != statement.excluded.url
    always = ("url", "title", "folder", "language", "full_text", "subscribed")
    news = {name: statement.excluded[name] for name in always} | {
        name: case((moved, statement.excluded[name]), else_=feeds.c[name]) for name in ("current_url", "host", *fresh)
    }
    gone = select(feeds.c.id).where(feeds.c.id == readings.c.feed, feeds.c.current_url != feeds.c.url).exists()
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=news), rows)
    connection.execute(delete(readings).where(gone))
    _add_hosts(connection, {row["host"] for row in rows})


def _add_hosts(connection: Connection, names: Collection[str]) -> None:
    blank: Row = {"site": "", "delay": 0.0, "strikes": 0, "struck": "", "epoch": 0, "owner": ""}
    add_missing(connection, hosts, [{"host": name, **blank} for name in sorted(names)])


def _ours(connection: Connection, owner: str, states: Sequence[HostState]) -> set[str]:
    """Those of the hosts that this owner still has, under the same lease; nobody else gets them before the end."""
    epochs = {state.host: state.epoch for state in states}
    found: dict[str, int] = {}
    for some in chunks(epochs):
        query = select(hosts.c.host, hosts.c.epoch).where(hosts.c.host.in_(some), hosts.c.owner == owner)
        found |= {name: epoch for name, epoch in connection.execute(query.with_for_update())}
    return {name for name, epoch in found.items() if epochs[name] == epoch}


def _put_hosts(connection: Connection, states: Sequence[HostState], polled: Sequence[Polled]) -> None:
    """The hosts after these visits. A rest that was set meanwhile, for the whole site, is never shortened."""
    known = {state.host for state in states}
    served = {poll.state.host for poll in polled} - known
    if served:
        _add_hosts(connection, served)
    if not states:
        return
    rest = bindparam("rest", type_=hosts.c.rest_until.type)
    longer = case((or_(hosts.c.rest_until.is_(None), hosts.c.rest_until < rest), rest), else_=hosts.c.rest_until)
    names = ("site", "free_at", "delay", "strikes", "struck")
    values = {name: bindparam(f"new_{name}", type_=hosts.c[name].type) for name in names}
    statement = update(hosts).where(hosts.c.host == bindparam("name")).values(rest_until=longer, **values)
    rows = [
        {"name": state.host, "rest": state.rest_until, **{f"new_{name}": getattr(state, name) for name in names}}
        for state in states
    ]
    connection.execute(statement, rows)


def _put_states(connection: Connection, polled: Sequence[Polled]) -> None:
    """A later poll is never undone by an earlier one that is recorded again."""
    if not polled:
        return
    values = {name: bindparam(f"new_{name}", type_=feeds.c[name].type) for name in RECORDED}
    newer = or_(feeds.c.last_poll.is_(None), feeds.c.last_poll <= bindparam("new_last_poll"))
    statement = update(feeds).where(feeds.c.id == bindparam("feed"), newer)
    url = bindparam("new_url", type_=feeds.c.current_url.type)
    rows = [
        {
            "feed": poll.state.id,
            "new_url": poll.state.url,
            **{f"new_{name}": getattr(poll.state, name) for name in RECORDED},
        }
        for poll in polled
    ]
    connection.execute(statement.values(current_url=url, **values), rows)


def _add_lines(connection: Connection, polled: Sequence[Polled]) -> None:
    lines = []
    for poll in polled:
        state, found = poll.state, poll.found
        edited = sum(one.mention.kind == "edited" for one in found)
        lines.append(
            {
                "feed": state.id,
                "polled": state.last_poll,
                "outcome": state.outcome,
                "status": state.status,
                "new": len(found) - edited,
                "edited": edited,
                "held": sum(one.held != "" for one in found),
                "detail": state.detail,
            }
        )
    add_missing(connection, polls, lines)


def _put_readings(connection: Connection, polled: Sequence[Polled]) -> None:
    rows = [{"feed": poll.state.id, "data": poll.reading} for poll in polled if poll.reading is not None]
    put(connection, readings, rows)


def _put_found(connection: Connection, polled: Sequence[Polled], now: datetime) -> None:
    everything = [(poll.state.id, one) for poll in polled for one in poll.found]
    if not everything:
        return
    _put_entries(connection, everything)
    let_go(connection, [one.mention.id for _, one in everything if not one.held])
    hold(connection, everything, now)
    _publish(connection, [one for _, one in everything if not one.held], now)


def _put_entries(connection: Connection, found: Sequence[tuple[str, Found]]) -> None:
    rows = [
        {
            "feed": feed,
            "key": _key(one.identity),
            "identity": one.identity,
            "mention": one.mention.id,
            "revision": one.mention.revision,
            "fingerprint": one.fingerprint,
            "link": one.link,
            "content": one.content,
        }
        for feed, one in found
    ]
    put(connection, entries, rows, guard=_newer)


def _newer(statement: Insert) -> ColumnElement[bool]:
    """A held mention keeps its revision while it changes."""
    again = (entries.c.revision == statement.excluded.revision) & select(held.c.number).where(
        held.c.mention == entries.c.mention
    ).exists()
    return or_(entries.c.revision < statement.excluded.revision, again)


def _publish(connection: Connection, found: Sequence[Found], now: datetime) -> None:
    """Stores the revisions that are not there yet, and puts their messages in the outbox."""
    rows = [
        {
            "mention": one.mention.id,
            "revision": one.mention.revision,
            "seen": one.mention.seen,
            "language": one.mention.language,
            "data": one.mention,
        }
        for one in found
    ]
    if not rows:
        return
    statement = insert(connection, revisions).on_conflict_do_nothing()
    added = connection.execute(statement.returning(revisions.c.mention, revisions.c.revision), rows)
    fresh: Mapping[tuple[str, int], object] = {(row.mention, row.revision): row for row in added}
    messages = [one.message for one in found if (one.mention.id, one.mention.revision) in fresh]
    post(connection, STAGE, messages, now)
