"""What ingest writes and reads: subscriptions, polls with what they found, and its outbox."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, case, delete, func, or_, select, update

from gordon.errors import Permanent
from gordon.ids import digest
from gordon.polling import Entry, Feed, Found, HostState, PageRead, Polled, Recorded
from store.claims import RECORDED, Claims, add_hosts
from store.clock import set_right
from store.held import hold, let_go
from store.outbox import Outbox, post
from store.subscriptions import subscribe
from store.tables import entries, feeds, held, hosts, polls, readings, revisions
from store.types import clean
from store.upsert import Insert, add_missing, chunks, insert, put

STAGE = "ingest"
# Statements are made once: to make one takes longer than to carry it out.
_VISITED = ("site", "free_at", "delay", "strikes", "struck")
_rest = bindparam("rest", type_=hosts.c.rest_until.type)
_longer = case((or_(hosts.c.rest_until.is_(None), hosts.c.rest_until < _rest), _rest), else_=hosts.c.rest_until)
_put_host = update(hosts).where(hosts.c.host == bindparam("name")).values(
    rest_until=_longer, **{name: bindparam(f"new_{name}", type_=hosts.c[name].type) for name in _VISITED}
)  # fmt: skip
_newer_poll = or_(feeds.c.last_poll.is_(None), feeds.c.last_poll <= bindparam("new_last_poll"))
_put_state = update(feeds).where(feeds.c.id == bindparam("feed"), _newer_poll).values(
    {name: bindparam(f"new_{name}", type_=feeds.c[name].type) for name in RECORDED}
)  # fmt: skip

_leases = select(hosts.c.host, hosts.c.epoch).where(
    hosts.c.host.in_(bindparam("names", expanding=True)), hosts.c.owner == bindparam("me")
)
_leases = _leases.order_by(hosts.c.host).with_for_update(key_share=True)
_addresses = select(feeds.c.id, feeds.c.current_url).where(feeds.c.id.in_(bindparam("feeds", expanding=True)))
_addresses = _addresses.order_by(feeds.c.id).with_for_update(key_share=True)
_ENTRY = (entries.c.identity, entries.c.mention, entries.c.revision, entries.c.fingerprint, entries.c.link,
          entries.c.content)  # fmt: skip


class Ingest(Claims):
    """Keeps the promises of gordon.ports.IngestStore."""

    def sync_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        with self._database.writing() as connection:
            subscribe(connection, feeds, now)

    def set_clock_right(self, now: datetime) -> None:
        with self._database.writing() as connection:
            set_right(connection, now)

    def entries(
        self, feed: str, identities: Collection[str], links: Collection[str] = (), contents: Collection[str] = ()
    ) -> Sequence[Entry]:
        asked = ((entries.c.key, map(_key, identities)), (entries.c.link, links), (entries.c.content, contents))
        found: dict[str, Entry] = {}
        with self._database.reading() as connection:
            for column, values in asked:
                for some in chunks(value for value in values if value):
                    which = _few(feed, some) if column is entries.c.link else column.in_(some)
                    found |= {entry.mention: entry for entry in _known(connection, feed, which)}
        return tuple(found.values())

    def reading(self, feed: str) -> bytes:
        with self._database.reading() as connection:
            return connection.scalar(select(readings.c.data).where(readings.c.feed == feed)) or b""

    def record(self, owner: str, now: datetime, polls: Sequence[Polled], hosts: Sequence[HostState]) -> Recorded:
        try:
            return Recorded(refused=frozenset(self._record(owner, now, polls, hosts)))
        except Permanent as error:
            if not polls:
                raise
            if len(polls) == 1:
                return Recorded(broken={polls[0].state.id: str(error)})
        half = len(polls) // 2
        parts = [self.record(owner, now, some, _hosts_of(some, hosts)) for some in (polls[:half], polls[half:])]
        return Recorded(refused=parts[0].refused | parts[1].refused, broken=parts[0].broken | parts[1].broken)

    def _record(self, owner: str, now: datetime, polled: Sequence[Polled], states: Sequence[HostState]) -> set[str]:
        with self._database.writing() as connection:
            ours = _ours(connection, owner, states)
            there = _unmoved(connection, [poll for poll in polled if poll.host in ours])
            mine = sorted((poll for poll in polled if poll.state.id in there), key=lambda poll: poll.state.id)
            _put_hosts(connection, [state for state in states if state.host in ours], mine)
            _put_states(connection, mine)
            _add_lines(connection, mine)
            _put_readings(connection, mine)
            _put_found(connection, mine, now)
        return {poll.state.id for poll in polled if poll.state.id not in there}

    def record_page(self, owner: str, now: datetime, read: PageRead, host: HostState) -> bool:
        task, found = read.task, read.found
        with self._database.writing() as connection:
            if host.host not in _ours(connection, owner, [host]):
                return False
            _put_hosts(connection, [host], ())
            waits = (held.c.mention == task.id) & (held.c.reason == "page")
            # What was changed while its page was fetched waits on, for its page.
            if connection.scalar(select(held.c.data).where(waits).with_for_update()) != task.mention:
                return True
            if found is None:
                later = update(held).where(waits).values(failures=task.failures, next_due=task.next_due)
                connection.execute(later)
            else:
                connection.execute(delete(held).where(waits))
                _publish(connection, [found], now)
            return True

    def outbox_size(self) -> int:
        return Outbox(self._database).size(STAGE)


def _key(identity: str) -> str:
    return digest(identity.encode("utf-8", "surrogatepass"), 32)


def _few(feed: str, links: Sequence[str]) -> ColumnElement[bool]:
    """At most two entries of each link: whether there is exactly one is all that is asked, and a feed whose entries
    all link to its home page may have very many."""
    place = func.row_number().over(partition_by=entries.c.link, order_by=entries.c.mention).label("place")
    ranked = select(entries.c.mention, place).where(entries.c.feed == feed, entries.c.link.in_(links)).subquery()
    return entries.c.mention.in_(select(ranked.c.mention).where(ranked.c.place <= 2))


def _known(connection: Connection, feed: str, which: ColumnElement[bool]) -> list[Entry]:
    query = select(*_ENTRY, held.c.reason).outerjoin(held, held.c.mention == entries.c.mention)
    names = ("identity", "mention", "revision", "fingerprint", "link", "content")
    return [
        Entry(**dict(zip(names, values, strict=True)), held=reason or "")
        for *values, reason in connection.execute(query.where(entries.c.feed == feed, which))
    ]


def _ours(connection: Connection, owner: str, states: Sequence[HostState]) -> set[str]:
    """Those of the hosts that this owner still has, under the same lease; nobody else gets them before the end."""
    epochs = {state.host: state.epoch for state in states}
    found: dict[str, int] = {}
    for some in chunks(sorted(epochs)):
        found |= {name: epoch for name, epoch in connection.execute(_leases, {"names": some, "me": owner})}
    return {name for name, epoch in found.items() if epochs[name] == epoch}


def _unmoved(connection: Connection, polled: Sequence[Polled]) -> set[str]:
    """The feeds that still have the address that was polled: the desk may have changed it meanwhile."""
    asked = {poll.state.id: clean(poll.state.url) for poll in polled}
    found: set[str] = set()
    for some in chunks(sorted(asked)):
        found |= {feed for feed, url in connection.execute(_addresses, {"feeds": some}) if asked[feed] == url}
    return found


def _hosts_of(polls: Sequence[Polled], states: Sequence[HostState]) -> list[HostState]:
    names = {poll.host for poll in polls}
    return [state for state in states if state.host in names]


def _put_hosts(connection: Connection, states: Sequence[HostState], polled: Sequence[Polled]) -> None:
    """The hosts after these visits. A rest that was set meanwhile, for the whole site, is never shortened."""
    known = {state.host for state in states}
    served = {poll.state.host for poll in polled} - known
    if served:
        add_hosts(connection, served)
    if not states:
        return
    rows = [
        {"name": state.host, "rest": state.rest_until, **{f"new_{name}": getattr(state, name) for name in _VISITED}}
        for state in states
    ]
    connection.execute(_put_host, rows)


def _put_states(connection: Connection, polled: Sequence[Polled]) -> None:
    """A later poll is never undone by an earlier one that is recorded again."""
    if not polled:
        return
    rows = [
        {
            "feed": poll.state.id,
            **{f"new_{name}": getattr(poll.state, name) for name in RECORDED},
        }
        for poll in polled
    ]
    connection.execute(_put_state, rows)


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
    """What is new of it; what stands already, as published or as dropped from what was held, is left alone."""
    everything = [(poll.state.id, one) for poll in polled for one in poll.found]
    if not everything:
        return
    standing = _standing(connection, [one.mention.id for _, one in everything])
    everything = [(feed, one) for feed, one in everything if _is_news(one, standing.get((feed, _key(one.identity))))]
    if not everything:
        return
    _put_entries(connection, everything)
    let_go(connection, [one.mention.id for _, one in everything if not one.held])
    hold(connection, everything, now)
    _publish(connection, [one for _, one in everything if not one.held], now)


def _standing(connection: Connection, mentions: Sequence[str]) -> dict[tuple[str, str], tuple[int, bool]]:
    """Of each entry, by feed and key, with such a mention: its last revision, and whether that is held."""
    found: dict[tuple[str, str], tuple[int, bool]] = {}
    query = select(entries.c.feed, entries.c.key, entries.c.revision, held.c.number.is_not(None))
    query = query.outerjoin(held, held.c.mention == entries.c.mention)
    for some in chunks(mentions):
        rows = connection.execute(query.where(entries.c.mention.in_(some)))
        found |= {(feed, key): (revision, bool(is_held)) for feed, key, revision, is_held in rows}
    return found


def _is_news(one: Found, standing: tuple[int, bool] | None) -> bool:
    """A held mention keeps its revision while it changes."""
    if standing is None:
        return True
    revision, is_held = standing
    return one.mention.revision > revision or (one.mention.revision == revision and is_held)


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
