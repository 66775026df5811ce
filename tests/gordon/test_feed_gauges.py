"""The gauges of feeds over a real database: states, held mentions, and who has gone quiet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from gordon.app.feed_gauges import EVERY, FeedGauges
from gordon.metrics import MOST_FEEDS, Metrics
from gordon.polling import Feed, FeedState, Polled
from store.ingest import Ingest
from tests.databases import new_sqlite

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def shown(metrics: Metrics, name: str) -> list[str]:
    lines = metrics.exposition()[0].decode().splitlines()
    return sorted(line.removeprefix(name) for line in lines if line.startswith(name + "{"))


def test_states_are_counted_and_a_dormant_feed_is_no_longer_well(tmp_path: Path) -> None:
    database = new_sqlite(tmp_path / "gordon.db")
    store = Ingest(database)
    store.sync_feeds([Feed(id=name, url=f"https://{name}.example/feed") for name in ("a", "b", "c", "d", "e")], NOW)
    clock = [NOW]
    metrics = Metrics("ingest")
    gauges = FeedGauges(metrics, database, lambda: clock[0])
    gauges()
    assert shown(metrics, "gordon_feeds") == ['{state="never"} 5.0']
    habits = {
        "a": {"outcome": "unchanged", "arrivals": 9, "gap": 3600.0, "last_new": NOW - timedelta(days=9)},
        "b": {"outcome": "unchanged", "arrivals": 9, "gap": 3600.0, "last_new": NOW - timedelta(hours=9)},
        "c": {"outcome": "unreachable", "arrivals": 9, "gap": 3600.0, "last_new": NOW - timedelta(days=9)},
        "d": {"outcome": "gone", "stopped": True},
    }
    claims = {claim.host.host: claim for claim in store.claim("me", NOW, NOW + timedelta(minutes=1), 10) or ()}
    for name, news in habits.items():
        claim = claims[f"{name}.example"]
        state: FeedState = replace(claim.feeds[0], last_poll=NOW, next_due=NOW + timedelta(days=1), **news)
        store.record("me", NOW, [Polled(host=claim.host.host, state=state)], [claim.host])
    clock[0] += EVERY / 12
    gauges()
    assert shown(metrics, "gordon_feeds") == [
        '{state="dormant"} 1.0', '{state="gone"} 1.0', '{state="never"} 1.0', '{state="unchanged"} 1.0',
        '{state="unreachable"} 1.0',
    ]  # fmt: skip
    assert shown(metrics, "gordon_feed_silence_seconds") == [f'{{feed="a"}} {float(9 * 86400 + EVERY.seconds / 12)}']
    assert shown(metrics, "gordon_mentions_held") == ['{reason="flood"} 0.0', '{reason="page"} 0.0']
    database.close()


def test_the_longest_silent_feeds_are_named_and_not_more(tmp_path: Path) -> None:
    database = new_sqlite(tmp_path / "gordon.db")
    store = Ingest(database)
    names = [f"f{number:02}" for number in range(MOST_FEEDS + 9)]
    store.sync_feeds([Feed(id=name, url=f"https://{name}.example/feed") for name in names], NOW)
    for number, claim in enumerate(store.claim("me", NOW, NOW + timedelta(minutes=1), 100) or ()):
        since = NOW - timedelta(days=30 + number)
        state = replace(
            claim.feeds[0], outcome="unchanged", arrivals=9, gap=60.0, last_new=since, last_poll=NOW, next_due=NOW
        )
        store.record("me", NOW, [Polled(host=claim.host.host, state=state)], [claim.host])
    metrics = Metrics("ingest")
    FeedGauges(metrics, database, lambda: NOW)()
    assert shown(metrics, "gordon_feeds") == [f'{{state="dormant"}} {float(len(names))}']
    named = [float(line.split()[-1]) / 86400 for line in shown(metrics, "gordon_feed_silence_seconds")]
    assert sorted(named) == [30.0 + number for number in range(9, len(names))]
    database.close()
