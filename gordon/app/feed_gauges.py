"""The gauges of feeds: their health, what is held back, and languages that have gone quiet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from gordon import log
from gordon.app.feed_health import health
from gordon.app.feed_looks import language_verdicts
from gordon.metrics import MOST_FEEDS, Metrics
from ingest.habit import LEAST_SILENCE
from store.database import Database
from store.feeds import feeds_by_outcome, silent_feeds
from store.held import held_by_reason

EVERY = timedelta(minutes=1)


class FeedGauges:
    """To be called now and then; counting thousands of feeds is done once a minute, and in the database. What has gone
    quiet since the look before is told in the log, by name; metrics name the longest silent only."""

    def __init__(self, metrics: Metrics, database: Database, now: Callable[[], datetime]) -> None:
        self._metrics, self._database, self._now = metrics, database, now
        self._next = now()
        self._dormant: frozenset[str] = frozenset()

    def __call__(self) -> None:
        now = self._now()
        if now < self._next:
            return
        counts = Counter(feeds_by_outcome(self._database))
        counts["gone"] += counts.pop("stopped", 0)
        quiet = [
            state for state in silent_feeds(self._database, now - LEAST_SILENCE) if health(state, now) == "dormant"
        ]
        counts.subtract(state.outcome for state in quiet)
        counts["dormant"] = len(quiet)
        self._replace("gordon_feeds", {state: number for state, number in counts.items() if number})
        longest = sorted((state.last_new, state.id) for state in quiet if state.last_new)[:MOST_FEEDS]
        self._replace("gordon_feed_silence_seconds", {feed: (now - since).total_seconds() for since, feed in longest})
        held = held_by_reason(self._database)
        self._replace("gordon_mentions_held", {reason: held.get(reason, 0) for reason in ("flood", "page")})
        verdicts = language_verdicts(self._database, now)
        self._replace("gordon_language_quiet", {language: verdict.quiet for language, verdict in verdicts.items()})
        self._tell(frozenset(state.id for state in quiet))
        # Only a look that succeeded counts: after a failure the next one comes soon. A young daemon looks often.
        self._next = now + (EVERY / 12 if counts["never"] else EVERY)

    def _replace(self, name: str, values: Mapping[str, float]) -> None:
        self._metrics.replace(name, {(label,): float(value) for label, value in values.items()})

    def _tell(self, dormant: frozenset[str]) -> None:
        for feed in sorted(dormant - self._dormant):
            log.logger().warning("a feed has gone quiet against its own habit", feed=feed)
        self._dormant = dormant
