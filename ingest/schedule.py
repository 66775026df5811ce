"""When a feed is polled next, and how a poll ended. Pure: clock and chance are arguments.

Promises: never sooner than the least interval, never later than the most one; the server's wishes count in between.
Nothing but 410 stops a feed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from gordon import ids
from gordon.polling import FeedState
from gordon.settings import Poll
from ingest.http import Answer, Failure, Response, validator
from ingest.raw import Parsed, RawFeed, Refused

Outcome: TypeAlias = Literal[
    "ok", "unchanged", "empty", "not-a-feed", "unparseable", "blocked", "unreachable", "rate-limited", "gone"
]
READING = 1
FINE = frozenset({"ok", "unchanged", "empty"})
_FULL_EVERY = timedelta(days=1)
_MOST_DOUBLINGS = 20


class Ending(Struct, frozen=True, kw_only=True):
    """How a poll ended. ``body_hash``: of a body that was understood, else ""; ``new``: it brought something."""

    outcome: Outcome
    detail: str = ""
    status: int = 0
    headers: Mapping[str, str] = {}
    body_hash: str = ""
    new: bool = False


def validators(state: FeedState, now: datetime) -> tuple[str, str]:
    """ETag and Last-Modified for the next request: verbatim, but once a day neither, as some servers answer 304 for
    ever."""
    if state.last_full is None or now - state.last_full >= _FULL_EVERY:
        return "", ""
    return state.etag, state.last_modified


def early(answer: Answer, *, conditional: bool) -> Ending | None:
    """How the poll ended, when that can be told without reading the body; None: the body decides."""
    if isinstance(answer, Failure):
        return Ending(outcome=answer.outcome, detail=answer.detail)
    status = answer.status
    if status == 304 and conditional:
        return Ending(outcome="unchanged", status=status, headers=answer.headers)
    if status in (200, 203):
        return None if answer.body else Ending(outcome="empty", status=status, detail="an empty body")
    return Ending(outcome=_by_status(answer), status=status, detail=f"HTTP {status}", headers=answer.headers)


def _by_status(answer: Response) -> Outcome:
    if answer.status == 410:
        return "gone"
    if answer.status == 429 or (answer.status == 503 and "retry-after" in answer.headers):
        return "rate-limited"
    return "blocked" if answer.status in (401, 403, 451) else "unreachable"


def by_body(answer: Response, parsed: Parsed) -> Ending:
    """How the poll ended, once the body has been parsed."""
    if isinstance(parsed, Refused):
        return Ending(outcome=parsed.outcome, status=answer.status, detail=parsed.detail)
    return Ending(
        outcome="ok" if parsed.entries else "empty",
        detail="; ".join(_notes(answer, parsed)),
        status=answer.status,
        headers=answer.headers,
        body_hash=body_hash(answer.body),
    )


def same_body(answer: Response) -> Ending:
    """How the poll ended, when the body is the one of last time."""
    return Ending(outcome="unchanged", status=answer.status, headers=answer.headers, body_hash=body_hash(answer.body))


def body_hash(body: bytes) -> str:
    """Recognises an unchanged body. The version goes up when the parser learns to read more out of the same bytes."""
    return f"{READING}:{ids.digest(body, 32)}"


def _notes(answer: Response, feed: RawFeed) -> Iterator[str]:
    """What somebody who looks after the feeds should know although all went well."""
    if answer.permanent:
        yield f"moved for good to {answer.permanent}"
    if answer.downgraded:
        yield "https leads to http"
    if feed.dropped:
        yield f"{feed.dropped} entries beyond parse.max_entries were left out"


def after(state: FeedState, ending: Ending, poll: Poll, now: datetime, jitter: float) -> FeedState:
    """What is remembered after this poll. ``jitter`` in [0, 1) spreads the feeds, towards later only."""
    failures = 0 if ending.outcome in FINE else state.failures + 1
    interval = wait(ending, failures, poll, now)
    return replace(
        _remembered(state, ending, now),
        interval=interval,
        next_due=now + timedelta(seconds=interval * (1 + poll.jitter * jitter)),
        last_poll=now,
        last_new=now if ending.new else state.last_new,
        outcome=ending.outcome,
        detail=ending.detail,
        status=ending.status,
        failures=failures,
        stopped=ending.outcome == "gone",
    )


def _remembered(state: FeedState, ending: Ending, now: datetime) -> FeedState:
    """Validators and hash: kept only with a body that was understood, or while nothing was said about it."""
    if ending.body_hash:
        return replace(
            state,
            etag=validator(ending.headers.get("etag", "")),
            last_modified=validator(ending.headers.get("last-modified", "")),
            body_hash=ending.body_hash,
            last_full=now,
        )
    misled = ending.status == 304 and ending.outcome != "unchanged"
    if misled or ending.outcome in ("not-a-feed", "unparseable", "empty"):
        return replace(state, etag="", last_modified="", body_hash="")
    return state


def wait(ending: Ending, failures: int, poll: Poll, now: datetime) -> float:
    """Seconds until the next poll, before jitter: doubling with each failure, or as long as the server asks."""
    least, most = poll.least_interval, max(poll.least_interval, poll.most_interval)
    seconds = least * 2.0 ** min(max(failures - 1, 0), _MOST_DOUBLINGS)
    seconds = max(seconds, retry_after(ending.headers.get("retry-after", ""), now))
    if ending.outcome in FINE:
        seconds = max(seconds, max_age(ending.headers.get("cache-control", "")))
    return min(max(seconds, least), most)


def retry_after(value: str, now: datetime) -> float:
    """Seconds that a Retry-After asks for, in its two forms; 0 for garbage and for times past."""
    word = value.strip()
    if word.isascii() and word.isdigit():
        return float(word[:12])
    try:
        moment = parsedate_to_datetime(word)
    except (ValueError, OverflowError):
        return 0.0
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max(0.0, (moment - now).total_seconds())


def max_age(value: str) -> float:
    """Seconds for which a Cache-Control says nothing will change; 0 when it says nothing of the kind."""
    directives = dict(_directive(part) for part in value.split(","))
    seconds = directives.get("max-age", "")
    if directives.keys() & {"no-cache", "no-store"} or not (seconds.isascii() and seconds.isdigit()):
        return 0.0
    return float(seconds[:12])


def _directive(part: str) -> tuple[str, str]:
    name, _, value = part.strip().lower().partition("=")
    return name, value.strip('" ')
