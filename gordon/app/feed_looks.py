"""What the database tells about the health of feeds and languages; the judgement is in feed_health.py and ingest."""

from __future__ import annotations

from datetime import datetime, timedelta

from gordon.app.feed_health import FeedHealth, assess
from ingest.habit import Verdict, quiet
from store.database import Database
from store.feeds import arrivals_by_language, feeds
from store.held import held_by_feed

HISTORY = timedelta(days=29)


def look_at(database: Database, now: datetime) -> list[FeedHealth]:
    """Every subscription with its health."""
    held = held_by_feed(database)
    return [assess(feed, state, held.get(feed.id, 0), now) for feed, state in feeds(database)]


def language_verdicts(database: Database, now: datetime) -> dict[str, Verdict]:
    """How much of each language came in, against its own habit."""
    return quiet(arrivals_by_language(database, now - HISTORY), now)


def quiet_languages(database: Database, now: datetime) -> tuple[str, ...]:
    """A line for each language that has gone quiet."""
    return tuple(
        f"{language} has gone quiet: {verdict.seen} new in 24 hours, about {verdict.expected:.0f} are usual"
        for language, verdict in sorted(language_verdicts(database, now).items())
        if verdict.quiet
    )
