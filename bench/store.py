"""What the database costs ingest: recording polls, claiming what is due, reading the desk.

    python -m bench.store [--feeds 10000] [--polls 500] [--postgres]

On a SQLite file in a temporary folder; with ``--postgres`` also on a PostgreSQL of its own. Polls are of three kinds,
a third each: without a body (304), unchanged with a new reading, and with one new entry. ``CPU`` is this process's
own, ``wall`` what it waited for; the best of several rounds.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import update

from gordon.bus import Message
from gordon.events import Mention
from gordon.polling import Claim, Feed, FeedState, Found, Polled
from store.database import Database, open_database
from store.ingest import Ingest
from store.migrate import upgrade
from store.tables import feeds
from tests.servers.postgres import postgres_server

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEASE = timedelta(minutes=1)
ROUNDS = 5
SMALL = 5
TEXT = "Le bureau des passeports n'arrive plus à suivre. " * 30


def found(feed: str, number: int) -> Found:
    """A new entry of ordinary size."""
    name = f"{feed}-{number}"
    mention = Mention(
        id=name, revision=1, feed=feed, url=f"https://{feed}.example/{number}", title=f"Billet {number}", text=TEXT,
        language="fr", published=NOW, seen=NOW, author=None, kind="new", flags=(),
    )  # fmt: skip
    message = Message("gordon.mentions", name, TEXT.encode() + name.encode(), (("ce_id", name.encode()),))
    return Found(
        identity=mention.url, fingerprint="0" * 16, mention=mention, message=message, link="1" * 32, content="2" * 32
    )


def poll(state: FeedState, kind: str, number: int) -> Polled:
    """One finished poll of this kind."""
    done = replace(
        state, last_poll=NOW + timedelta(seconds=number), next_due=NOW + LEASE, outcome="unchanged", status=304,
        etag='"a-validator"', body_hash="3" * 64, interval=1800.0,
    )  # fmt: skip
    if kind == "304":
        return Polled(host=state.host, state=done)
    reading = number.to_bytes(4, "big") * 160
    news = (found(state.id, number),) if kind == "new" else ()
    return Polled(host=state.host, state=done, found=news, reading=reading)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds: CPU of this process, and wall."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def recording(store: Ingest, claims: Sequence[Claim], most: int) -> Iterator[tuple[str, float, float]]:
    """Milliseconds a poll, by kind and size of the batch."""
    chosen, number = claims[:most], 0
    mixed = ("304", "unchanged", "new")
    for kind, size in (*((one, most) for one in mixed), ("mixed", most), ("mixed", SMALL), ("304", SMALL)):
        taken = []
        for _ in range(ROUNDS):
            number += 1
            kinds = mixed if kind == "mixed" else (kind,)
            polls = [
                poll(claim.feeds[0], kinds[place % len(kinds)], number) for place, claim in enumerate(chosen[:size])
            ]
            hosts = [claim.host for claim in chosen[:size]]
            taken.append(timed(lambda polls=polls, hosts=hosts: record(store, polls, hosts)))  # type: ignore[misc]  # bound at once
        yield (
            f"record {kind}, {size} together, a poll",
            *(1000 * min(times) / size for times in zip(*taken, strict=True)),
        )


def record(store: Ingest, polls: Sequence[Polled], hosts: Sequence[object]) -> None:
    done = store.record("bench", NOW, polls, hosts)  # type: ignore[arg-type]  # hosts of claims
    if done.refused or done.broken:
        raise SystemExit(f"not recorded: {done}")


def claiming(database: Database, store: Ingest, most: int) -> Iterator[tuple[str, float, float]]:
    """Milliseconds of what the daemon asks again and again."""
    now = NOW + timedelta(days=1)

    def best(name: str, work: Callable[[], object], after: Callable[[], object]) -> tuple[str, float, float]:
        taken = []
        for _ in range(ROUNDS):
            taken.append(timed(work))
            after()
        return name, *(1000 * min(times) for times in zip(*taken, strict=True))

    def release() -> None:
        store.release("other", None)

    def claim(most: int) -> Callable[[], object]:
        return lambda: store.claim("other", now, now + LEASE, most)

    store.release("bench", None)
    yield best(f"claim of {most}, all due", claim(most), release)
    yield best("next_due, all due", lambda: store.next_due(now), release)
    yield best("late, all due", lambda: store.late(now), release)
    store.claim("other", now, now + LEASE, most)
    yield best(f"claim of {most} held and {most} more", claim(2 * most), lambda: None)
    yield best("prolong", lambda: store.prolong("other", now + LEASE), lambda: None)
    with database.writing() as connection:
        connection.execute(update(feeds).values(next_due=now + LEASE))
    release()
    yield best("claim, none due", claim(most), release)
    yield best("next_due, none due", lambda: store.next_due(now), release)


def measure(url: str, subscribed: int, most: int) -> None:
    database = open_database(url)
    upgrade(database)
    store = Ingest(database)
    desk = [
        Feed(id=f"feed-{n}", url=f"https://feed-{n}.example/rss", title=f"Blog {n}", folder="a")
        for n in range(subscribed)
    ]
    print(f"{database.dialect}, {subscribed} feeds: milliseconds of CPU and wall")
    rows = [("sync of new feeds", *timed(lambda: store.sync_feeds(desk, NOW)))]
    rows.append(("sync of the same feeds", *timed(lambda: store.sync_feeds(desk, NOW))))
    rows = [(name, 1000 * cpu, 1000 * wall) for name, cpu, wall in rows]
    claims = store.claim("bench", NOW, NOW + LEASE, most)
    assert claims and len(claims) == most
    for name, cpu, wall in (*rows, *recording(store, claims, most), *claiming(database, store, most)):
        print(f"  {name:42} {cpu:9.3f} {wall:9.3f}")
    database.close()


@contextmanager
def databases(postgres: bool) -> Iterator[list[str]]:
    with tempfile.TemporaryDirectory(prefix="gordon-bench-") as name:
        file = f"sqlite:///{Path(name) / 'gordon.db'}"
        if not postgres:
            yield [file]
            return
        with postgres_server(durable=True) as server:
            yield [file, server.new_database()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--polls", type=int, default=500, help="recorded together")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL as well")
    options = parser.parse_args()
    with databases(options.postgres) as urls:
        for url in urls:
            measure(url, options.feeds, options.polls)


if __name__ == "__main__":
    main()
