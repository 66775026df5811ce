"""When a feed is polled next, and how a poll ended. Pure: clock and chance are arguments.

Promises: never sooner than the least interval, never later than the most one (and jitter); the wishes of server and
feed count in between. Nothing but 410 stops a feed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from gordon import ids
from gordon.polling import FeedState, Hints
from gordon.settings import Poll
from ingest.habit import KNOWN_AFTER, answered_from, arrived, usual_wait
from ingest.http import Answer, Failure, Response, validator
from ingest.hub_links import named_hub
from ingest.raw import RawFeed, Refused
from ingest.wishes import after_skipped, fresh_for, retry_after

Outcome: TypeAlias = Literal[
    "ok", "unchanged", "empty", "not-a-feed", "unparseable", "blocked", "unreachable", "rate-limited", "gone"
]
READING = 1
FINE = frozenset({"ok", "unchanged", "empty"})
_BROKEN = "broken off "
_FULL_EVERY = timedelta(days=1)
_MOST_DOUBLINGS = 20
_CHALLENGES = (b"/cdn-cgi/challenge-platform/", b"cf-chl-", b"captcha-delivery.com", b"_Incapsula_Resource")
"""What the pages of bot defences have in them, where no header tells."""
_RIDDLE = "a bot defence asks for a browser; only the publisher can let Gordon in"


class Ending(Struct, frozen=True, kw_only=True):
    """How a poll ended. ``body_hash``: of a body that was understood, else ""; ``new``: it brought something.

    ``hints``, ``hub``, ``topic``: what the body says, hints None when no body was understood. ``moved_to``: where the
    feed has moved for good, by the answer. ``status`` 0: there was no answer; ``partial``: the body breaks off."""

    outcome: Outcome
    detail: str = ""
    status: int = 0
    headers: Mapping[str, str] = {}
    body_hash: str = ""
    new: bool = False
    hints: Hints | None = None
    hub: str = ""
    topic: str = ""
    moved_to: str = ""
    partial: bool = False


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
        return _ending(answer, "unchanged")
    if status in (200, 203):
        return None if answer.body else _ending(answer, "empty", "an empty body")
    if _is_challenge(answer):
        return _ending(answer, "blocked", f"HTTP {status}: {_RIDDLE}")
    return _ending(answer, _by_status(answer), f"HTTP {status}")


def _ending(answer: Response, outcome: Outcome, detail: str = "", *, body_hash: str = "") -> Ending:
    return Ending(
        outcome=outcome,
        detail=detail,
        status=answer.status,
        headers=answer.headers,
        body_hash=body_hash,
        moved_to=answer.permanent,
    )


def _by_status(answer: Response) -> Outcome:
    if answer.status == 410:
        return "gone"
    if answer.status == 429 or (answer.status in (403, 503) and "retry-after" in answer.headers):
        return "rate-limited"
    return "blocked" if answer.status in (401, 403, 451) else "unreachable"


def _is_challenge(answer: Response) -> bool:
    """Whether that is the riddle of a bot defence, which no feed reader can solve."""
    headers = answer.headers
    if "cf-mitigated" in headers or headers.get("x-amzn-waf-action", "") in ("challenge", "captcha"):
        return True
    if answer.status not in (403, 503) or "html" not in headers.get("content-type", "").lower():
        return False
    return any(mark in answer.body for mark in _CHALLENGES)


def by_body(answer: Response, parsed: RawFeed | Refused) -> Ending:
    """How the poll ended, once the body has been parsed."""
    if isinstance(parsed, Refused):
        return _ending(answer, parsed.outcome, parsed.detail)
    ending = _ending(
        answer,
        "ok" if parsed.entries or parsed.raws else "empty",
        "; ".join(_notes(answer, parsed)),
        body_hash=body_hash(answer.body),
    )
    hub, topic = named_hub(answer.headers, answer.url, parsed.hub, parsed.topic)
    return replace(ending, hints=parsed.hints, hub=hub, topic=topic, partial=parsed.partial)


def same_body(answer: Response) -> Ending:
    """How the poll ended, when the body is the one of last time."""
    return _ending(answer, "unchanged", body_hash=body_hash(answer.body))


def body_hash(body: bytes) -> str:
    """Recognises an unchanged body. The version goes up when the parser learns to read more out of the same bytes."""
    return f"{READING}:{ids.digest(body, 32)}"


def _notes(answer: Response, feed: RawFeed) -> Iterator[str]:
    """What somebody who looks after the feeds should know although all went well."""
    if answer.permanent:
        yield f"moved for good to {answer.permanent}"
    if answer.downgraded:
        yield "https leads to http"
    if feed.partial:
        yield "the document breaks off in the middle"
    if feed.dropped:
        yield f"{feed.dropped} entries beyond parse.max_entries were left out"


def after(
    state: FeedState, ending: Ending, poll: Poll, now: datetime, jitter: float, *, slow: float = 1.0
) -> FeedState:
    """What is remembered after this poll. ``jitter`` in [0, 1) spreads the feeds, towards later only; ``slow``: how
    many times longer a feed waits whose hub tells us what is new."""
    failures = 0 if ending.outcome in FINE else state.failures + 1
    state = _learnt(_remembered(state, ending, now), ending, now)
    interval = _interval(state, ending, failures, poll, now, slow)
    return replace(
        state,
        interval=interval,
        next_due=_due(state.hints, interval, poll, now, jitter),
        last_poll=now,
        outcome=ending.outcome,
        detail=ending.detail,
        status=ending.status,
        failures=failures,
        stopped=ending.outcome == "gone",
    )


def _remembered(state: FeedState, ending: Ending, now: datetime) -> FeedState:
    """Validators and hash: kept only with a body that was understood, or while nothing was said about it. What breaks
    off in the middle is read as far as it goes, and asked for again in full; when it breaks off at the same place
    again, that is how this publisher writes."""
    if ending.partial and state.body_hash != _BROKEN + ending.body_hash:
        return replace(state, etag="", last_modified="", body_hash=_BROKEN + ending.body_hash, last_full=now)
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


def _learnt(state: FeedState, ending: Ending, now: datetime) -> FeedState:
    """Habit, hints, hub and address. An answer that is none (an outage, a refusal) says nothing about them: a broken
    server neither confirms nor takes back that a feed has moved."""
    if ending.hints is not None:
        state = replace(state, hints=ending.hints, hub=ending.hub, topic=ending.topic)
    if ending.outcome in FINE:
        state = answered_from(state, ending.moved_to, now)
    return arrived(state, now) if ending.new else state


def _interval(state: FeedState, ending: Ending, failures: int, poll: Poll, now: datetime, slow: float) -> float:
    """Seconds until the next poll, before jitter: doubling with each failure; else by the habit and what the feed says
    of itself; in any case at least as long as the server asks."""
    least, most = poll.least_interval, max(poll.least_interval, poll.most_interval)
    if failures:
        wanted = least * 2.0 ** min(failures - 1, _MOST_DOUBLINGS)
    else:
        by_habit = min(max(usual_wait(state, now), least), least * poll.quiet_factor)
        wanted = max(by_habit, _own_words(state)) * (slow if state.pushed else 1.0)
        wanted = max(wanted, fresh_for(ending.headers, now))
    return min(max(wanted, retry_after(ending.headers, now), least), most)


def _own_words(state: FeedState) -> float:
    """Seconds that the feed itself says nothing new will come; most copy a figure once and forget it, so that a known
    habit has the last word: half of its mean gap, which a habit that is faster than we look shortens from poll to
    poll."""
    said = max(state.hints.ttl, state.hints.period)
    return min(said, state.gap / 2) if state.arrivals >= KNOWN_AFTER else said


def _due(hints: Hints, interval: float, poll: Poll, now: datetime, jitter: float) -> datetime:
    """The time, moved out of the hours the feed is idle in as far as the most interval allows; the jitter comes on top,
    so that feeds with the same idle hours do not come back at the same second."""
    due = now + timedelta(seconds=interval)
    latest = max(due, now + timedelta(seconds=poll.most_interval))
    return min(after_skipped(hints, due), latest) + timedelta(seconds=interval * poll.jitter * jitter)
