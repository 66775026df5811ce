"""The shell of ingest: polls what is due, has it parsed, records what was found. All decisions are made elsewhere.

    store.due -> Agenda -> Client -> ParserPool -> decide -> store.record_poll -> after_commit

One thread, many polls at once. A poll that is dropped (stop, crash) has changed nothing and is simply due again.
"""

from __future__ import annotations

import select
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from gordon.errors import DatabaseUnfit, StoreUnavailable
from gordon.events import Topics
from gordon.language import Detector
from gordon.log import logger
from gordon.ports import IngestStore
from gordon.polling import Feed, FeedState, Found
from gordon.settings import Settings
from ingest.agenda import Agenda
from ingest.client import Client
from ingest.http import Request, Response
from ingest.normalise import Language, candidates, decide, named
from ingest.parser import Parser
from ingest.raw import Parsed, RawFeed
from ingest.schedule import Ending, Outcome, after, body_hash, by_body, early, same_body, validators

LOOK_OFTEN = 1.0
LOOK_SELDOM = 5.0
HELD_PER_LOOK = 500
MOST_BACKLOG = 16
DRAIN_SHARE = 0.6
"""Of the drain time; the rest is for publishing what was found."""


@dataclass(frozen=True, slots=True)
class PollReport:
    """One finished and recorded poll. ``bytes``: over the wire; ``seconds``: from its start to its record."""

    feed: str
    outcome: Outcome
    status: int
    bytes: int
    seconds: float
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class _Poll:
    """A poll on its way. ``raw``: what the parser made of the body, when it came that far."""

    state: FeedState
    began: float
    conditional: bool
    wire: int = 0
    response: Response | None = None
    ending: Ending | None = None
    raw: RawFeed | None = None


class Ingest:
    """The loop. ``now``: aware UTC; ``monotonic``: seconds; ``jitter``: a number in [0, 1).

    ``on_poll`` hears of every recorded poll; ``after_commit`` is called when the outbox has something new. While the
    store is away nothing new is polled, and finished polls (never more than run at once) wait to be recorded.
    """

    def __init__(
        self,
        store: IngestStore,
        client: Client,
        parser: Parser,
        settings: Settings,
        topics: Topics,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        jitter: Callable[[], float],
        on_poll: Callable[[PollReport], None],
        after_commit: Callable[[], None],
        language: Language | None = None,
    ) -> None:
        self._store, self._client, self._parser = store, client, parser
        self._settings, self._topics = settings, topics
        self._now, self._monotonic, self._jitter = now, monotonic, jitter
        self._on_poll, self._after_commit = on_poll, after_commit
        self._language = language or Detector().detect
        self._agenda = _agenda(settings)
        self._polls: dict[str, _Poll] = {}
        self._ended: deque[_Poll] = deque()
        self._urls: Mapping[str, str] | None = None
        self._feeds: Sequence[Feed] | None = None
        self._look_at = 0.0
        self._store_back_at = 0.0
        self._store_pause = 0.0
        self._full = False

    def sync(self, feeds: Sequence[Feed]) -> None:
        """These are the subscriptions from now on. When the store is away, it is told as soon as it is back."""
        self._feeds = tuple(feeds)
        self._urls = {feed.id: feed.url for feed in feeds}
        self._agenda.keep(self._wanted)
        self._guarded(self._tell_feeds)

    def run(self, stopping: Callable[[], bool], *, turn: float = 1.0) -> None:
        """Turns until ``stopping()``, then gives the polls in flight the drain time to end."""
        while not stopping():
            self.turn(turn)
        self.drain()

    def drain(self) -> None:
        """Starts nothing new and ends what is in flight, or drops it when its share of ``worker.drain`` is over."""
        until = self._monotonic() + DRAIN_SHARE * self._settings.worker.drain
        while (self._polls or self._ended) and self._monotonic() < until:
            self._move(min(0.5, until - self._monotonic()))
        self._client.cancel_all()

    def turn(self, timeout: float) -> None:
        """Starts what may start and moves everything on, waiting at most ``timeout`` seconds."""
        self._guarded(self._look)
        self._launch()
        self._move(timeout)

    @property
    def paused(self) -> bool:
        """Whether the store is away."""
        return self._store_pause > 0

    @property
    def in_flight(self) -> int:
        """Polls that are running or wait to be recorded."""
        return self._agenda.running

    def _guarded(self, work: Callable[[], None]) -> None:
        """Does what needs the store; when it is away, comes back to it later and later."""
        worker = self._settings.worker
        if self._monotonic() < self._store_back_at:
            return
        try:
            work()
        except (StoreUnavailable, DatabaseUnfit) as error:
            self._store_pause = min(max(self._store_pause * 2, worker.backoff_least), worker.backoff_most)
            self._store_back_at = self._monotonic() + self._store_pause
            logger().warning("the store is away", error=str(error), seconds=self._store_pause)
        else:
            self._store_pause = 0.0

    def _look(self) -> None:
        """Fetches what is due, now and then."""
        if self._feeds is not None:
            self._tell_feeds()
        if self._monotonic() < self._look_at:
            return
        if self._agenda.held - self._agenda.running > HELD_PER_LOOK:
            self._look_at = self._monotonic() + LOOK_OFTEN
            return
        self._full = self._store.outbox_size() >= self._settings.worker.backpressure
        due = self._store.due(self._now(), self._agenda.held + HELD_PER_LOOK)
        found = self._agenda.hold(state for state in due if self._wanted(state))
        self._look_at = self._monotonic() + self._until_next(found)

    def _until_next(self, found: int) -> float:
        upcoming = self._store.next_due() if not found and not self._agenda.held else None
        if upcoming is None:
            return LOOK_OFTEN
        return min(max((upcoming - self._now()).total_seconds(), 0.05), LOOK_SELDOM)

    def _tell_feeds(self) -> None:
        if self._feeds is not None:
            self._store.sync_feeds(self._feeds, self._now())
            self._feeds = None
            self._look_at = 0.0

    def _wanted(self, state: FeedState) -> bool:
        return self._urls is None or self._urls.get(state.id) == state.url

    def _launch(self) -> None:
        """Starts polls as far as hosts, parser, outbox and store allow."""
        while self._may_launch():
            state = self._agenda.take(self._monotonic())
            if state is None:
                return
            etag, modified = validators(state, self._now())
            self._polls[state.id] = _Poll(state, self._monotonic(), bool(etag or modified))
            self._client.start(Request(state.id, state.url, etag, modified))

    def _may_launch(self) -> bool:
        return not (self._full or self.paused or self._ended) and self._parser.backlog() < MOST_BACKLOG

    def _move(self, timeout: float) -> None:
        self._sleep(timeout)
        for answer in self._client.step(0):
            poll = self._polls[answer.key]
            poll = replace(poll, wire=answer.wire, ending=early(answer, conditional=poll.conditional))
            if isinstance(answer, Response) and poll.ending is None:
                poll = self._body(replace(poll, response=answer), answer)
            self._keep(poll)
        for key, parsed in self._parser.step(0):
            self._keep(_understood(self._polls[key], parsed))
        if self._ended:
            self._guarded(self._settle)

    def _sleep(self, timeout: float) -> None:
        """Until the client or the parser has something, at most until the next thing is due."""
        now = self._monotonic()
        times = [timeout, self._client.wait(), self._parser.wait()]
        times += [self._store_back_at - now] if self.paused else [self._look_at - now]
        times += [self._agenda.wait(now)] if self._may_launch() else []
        seconds = max(0.0, min(time for time in times if time is not None))
        poller = select.poll()
        poller.register(self._client.fileno(), select.POLLIN)
        poller.register(self._parser.fileno(), select.POLLIN)
        poller.poll(seconds * 1000)

    def _body(self, poll: _Poll, answer: Response) -> _Poll:
        """An unchanged body needs no parser."""
        if poll.state.body_hash == body_hash(answer.body):
            return replace(poll, ending=same_body(answer))
        self._parser.submit(poll.state.id, answer.body, answer.headers.get("content-type", ""), answer.url)
        return poll

    def _keep(self, poll: _Poll) -> None:
        """Remembers how far a poll is; an ended one waits for the store."""
        if poll.ending is None:
            self._polls[poll.state.id] = poll
            return
        del self._polls[poll.state.id]
        self._ended.append(poll)

    def _settle(self) -> None:
        """Records what has ended, in order. Raises StoreUnavailable and keeps the rest."""
        news = False
        try:
            while self._ended:
                news = self._record(self._ended[0]) or news
                self._agenda.done(self._ended.popleft().state.id)
        finally:
            if news:
                self._after_commit()

    def _record(self, poll: _Poll) -> bool:
        """One transaction: the poll and all it found. Whether there is something new in the outbox."""
        assert poll.ending is not None
        if not self._wanted(poll.state):
            return False
        now = self._now()
        found = self._found(poll.state, poll.raw, now) if poll.raw is not None else ()
        ending = msgspec.structs.replace(poll.ending, new=bool(found))
        self._store.record_poll(after(poll.state, ending, self._settings.poll, now, self._jitter()), found)
        seconds = self._monotonic() - poll.began
        self._on_poll(PollReport(poll.state.id, ending.outcome, ending.status, poll.wire, seconds, found))
        return bool(found)

    def _found(self, state: FeedState, raw: RawFeed, now: datetime) -> tuple[Found, ...]:
        entries = named(raw.entries)
        known = self._store.entries(state.id, candidates(entries))
        return decide(
            state,
            raw,
            entries,
            known,
            now,
            language=self._language,
            topics=self._topics,
            authors=self._settings.privacy.authors,
        )


def _understood(poll: _Poll, parsed: Parsed) -> _Poll:
    assert poll.response is not None
    ending = by_body(poll.response, parsed)
    return replace(poll, response=None, ending=ending, raw=parsed if isinstance(parsed, RawFeed) else None)


def _agenda(settings: Settings) -> Agenda:
    poll = settings.poll
    return Agenda(concurrency=poll.concurrency, host_concurrency=poll.host_concurrency, host_delay=poll.host_delay)
