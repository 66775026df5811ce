"""The shell of ingest: visits what is due, has it parsed, records what was found. All decisions are made elsewhere.

    store.claim -> Agenda -> Client -> ParserPool -> Settler -> store.record -> after_commit

One thread, many visits at once. A visit that is dropped (stop, crash, lost lease) has changed nothing and is simply
due again.
"""

from __future__ import annotations

import select
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice, takewhile

from gordon.errors import DatabaseUnfit, StoreUnavailable
from gordon.events import Topics
from gordon.language import Detector
from gordon.log import logger
from gordon.polling import Claim, Feed, FeedState, HostState, PageTask
from gordon.ports import IngestStore
from gordon.settings import Settings
from ingest import reading
from ingest.agenda import Agenda, late_before
from ingest.client import Client
from ingest.http import Answer, Request
from ingest.normalise import Language
from ingest.parser import Parser
from ingest.robots import Robots, robots_url
from ingest.settle import PollReport, Settled, Settler, free_later
from ingest.visit import PageVisit, Poll, Visit, answered, barred, begin, parsed, unended

LOOK_OFTEN = 1.0
LOOK_SELDOM = 5.0
HELD_PER_LOOK = 500
MOST_BACKLOG = 16
MOST_BUFFERED = 128 * 1024**2
MOST_AT_ONCE = 200
CLOCK_STEP = timedelta(minutes=1)
DRAIN_SHARE = 0.6
"""Of the drain time; the rest is for publishing what was found."""


class Ingest:
    """The loop. ``owner``: unique to this process; ``now``: aware UTC; ``monotonic``: seconds; ``jitter``: a number in
    [0, 1).

    ``on_poll`` hears of every recorded poll, ``on_page`` of the outcome of every page; ``after_commit`` is called when
    the outbox has something new. While the store is away nothing new is visited, and finished visits (never more than
    run at once) wait to be recorded.
    """

    def __init__(
        self,
        store: IngestStore,
        client: Client,
        parser: Parser,
        settings: Settings,
        topics: Topics,
        *,
        owner: str,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        jitter: Callable[[], float],
        on_poll: Callable[[PollReport], None],
        on_page: Callable[[str], None] = lambda outcome: None,
        after_commit: Callable[[], None],
        language: Language | None = None,
    ) -> None:
        self._store, self._client, self._parser = store, client, parser
        self._settings, self._owner = settings, owner
        self._now, self._monotonic = now, monotonic
        self._on_poll, self._on_page, self._after_commit = on_poll, on_page, after_commit
        self._settler = Settler(store, settings, topics, owner, jitter=jitter, language=language or Detector().detect)
        self._agenda = Agenda(settings.poll)
        self._robots = Robots(settings.http, client.agent)
        self._hosts: dict[str, HostState] = {}
        self._visits: dict[str, Visit] = {}
        self._asking: set[str] = set()
        self._ended: deque[Visit] = deque()
        self._urls: Mapping[str, str] | None = None
        self._feeds: Sequence[Feed] | None = None
        self._latest: datetime | None = None
        self._clock_is_right = False
        self._look_at = self._prolong_at = 0.0
        self._leased_until: datetime | None = None
        self._store_back_at = 0.0
        self._store_pause = 0.0
        self._full = self._draining = False
        self.standby = False
        """Whether another daemon has the turn (SQLite allows one)."""

    def sync(self, feeds: Sequence[Feed]) -> None:
        """These are the subscriptions from now on. When the store is away, it is told as soon as it is back."""
        self._feeds = tuple(feeds)
        self._urls = {feed.id: feed.url for feed in feeds}
        self._agenda.keep(self._wanted)
        self._guarded(self._tell_feeds)

    def run(self, stopping: Callable[[], bool], *, turn: float = 1.0) -> None:
        """Turns until ``stopping()``, then gives the visits in flight the drain time to end."""
        while not stopping():
            self.turn(turn)
        self.drain()

    def drain(self) -> None:
        """Starts nothing new and ends what is in flight, or drops it when its share of ``worker.drain`` is over; gives
        the hosts back."""
        self._draining = True
        until = self._monotonic() + DRAIN_SHARE * self._settings.worker.drain
        while (self._visits or self._ended) and self._monotonic() < until:
            self._move(min(0.5, until - self._monotonic()))
        self._client.cancel_all()
        self._guarded(lambda: self._store.release(self._owner, None))

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
        """Visits that are running or wait to be recorded."""
        return self._agenda.running

    def _guarded(self, work: Callable[[], object]) -> None:
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
        """Keeps what is ours, gives back what is done with, and claims what is due; now and then."""
        self._notice_clock()
        if self._feeds is not None:
            self._tell_feeds()
        self._forget_lapsed()
        self._prolong()
        if self._monotonic() < self._look_at:
            return
        self._give_back()
        # Also while enough is held: nothing of it starts before the outbox has room again.
        self._full = self._store.outbox_size() >= self._settings.worker.backpressure
        if self._agenda.held - self._agenda.running > HELD_PER_LOOK:
            self._look_at = self._monotonic() + LOOK_OFTEN
            return
        now = self._now()
        claims = self._store.claim(self._owner, now, self._lease_end(now), self._agenda.held + HELD_PER_LOOK)
        self.standby = claims is None
        found = self._hold(claims or (), now)
        self._look_at = self._monotonic() + self._until_next(found, now)

    def _notice_clock(self) -> None:
        """At the start, and when the wall clock was set back: the store sets right what was noted by a clock that was
        ahead, and all is claimed anew."""
        now = self._now()
        if self._latest is not None and now < self._latest - CLOCK_STEP:
            logger().warning("the clock was set back", seconds=(self._latest - now).total_seconds())
            self._leased_until = now
            self._clock_is_right = False
        self._latest = now
        if not self._clock_is_right:
            self._store.set_clock_right(now)
            self._clock_is_right = True

    def _lease_end(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self._settings.poll.lease)

    def _forget_lapsed(self) -> None:
        """After an outage, or a sleep of the whole machine, others may have our hosts: what waits is claimed anew."""
        if self._leased_until is not None and self._leased_until <= self._now():
            self._agenda.keep(lambda errand: False)
            self._leased_until = None
            self._look_at = self._prolong_at = 0.0

    def _prolong(self) -> None:
        """Keeps the leases while there are any; a third of their time is soon enough."""
        if self._monotonic() < self._prolong_at or not (self._hosts or not self.standby):
            return
        until = self._lease_end(self._now())
        self._store.prolong(self._owner, until)
        self._leased_until = until
        self._prolong_at = self._monotonic() + self._settings.poll.lease / 3

    def _give_back(self) -> None:
        idle = self._agenda.idle_hosts()
        if idle:
            self._store.release(self._owner, idle)
            for host in idle:
                self._hosts.pop(host, None)

    def _hold(self, claims: Sequence[Claim], now: datetime) -> int:
        found = 0
        for claim in claims:
            self._hosts[claim.host.host] = claim.host
            found += self._agenda.hold(claim, now, self._monotonic())
        self._agenda.keep(self._wanted)
        if claims:
            self._spread(claims, now)
        return found

    def _spread(self, claims: Sequence[Claim], now: datetime) -> None:
        """After a long stop everything is due at once: that is spread."""
        late = late_before(self._settings.poll, now)
        if any(state.last_poll is not None and state.next_due < late for claim in claims for state in claim.feeds):
            self._agenda.pace(self._store.late(late), self._monotonic())

    def _until_next(self, found: int, now: datetime) -> float:
        if self.standby:
            return LOOK_SELDOM
        upcoming = self._store.next_due(now) if not found and not self._agenda.held else None
        if upcoming is None:
            return LOOK_OFTEN
        return min(max((upcoming - self._now()).total_seconds(), 0.05), LOOK_SELDOM)

    def _tell_feeds(self) -> None:
        if self._feeds is not None:
            self._store.sync_feeds(self._feeds, self._now())
            self._feeds = None
            self._look_at = 0.0

    def _wanted(self, errand: FeedState | PageTask) -> bool:
        if isinstance(errand, PageTask):
            return True
        return self._urls is None or self._urls.get(errand.id) == errand.url

    def _launch(self) -> None:
        """Starts visits as far as hosts, parser, outbox, store and memory allow."""
        if not self._has_memory():
            return
        while self._may_launch():
            errand = self._agenda.take(self._monotonic())
            if errand is None:
                return
            self._start(errand)

    def _start(self, errand: FeedState | PageTask) -> None:
        visit, request = begin(errand, self._now(), self._monotonic())
        verdict = self._robots.verdict(errand.url, self._now()) if isinstance(errand, PageTask) else "allowed"
        self._visits[visit.id] = visit
        if verdict == "ask":
            self._client.start(Request(visit.id, robots_url(errand.url)))
            self._asking.add(visit.id)
        elif verdict == "allowed":
            self._client.start(request)
        else:
            self._keep(barred(visit, verdict))

    def _may_launch(self) -> bool:
        held_up = self._full or self.paused or self._draining or len(self._ended) > MOST_AT_ONCE
        return not held_up and self._parser.backlog() < MOST_BACKLOG

    def _has_memory(self) -> bool:
        return self._client.buffered < MOST_BUFFERED

    def _move(self, timeout: float) -> None:
        self._sleep(timeout)
        for answer in self._client.step(0):
            self._answered(self._visits[answer.key], answer)
        for key, result in self._parser.step(0):
            self._keep(parsed(self._visits[key], result))
        if self._ended:
            self._guarded(self._settle)

    def _answered(self, visit: Visit, answer: Answer) -> None:
        if visit.id in self._asking:
            self._told(visit, answer)
            return
        visit = answered(visit, answer)
        self._keep(visit if visit.ending else self._submit(visit))

    def _told(self, visit: Visit, answer: Answer) -> None:
        """The rules for robots have come: the page's turn is after the host's delay, when it is claimed anew."""
        self._asking.discard(visit.id)
        del self._visits[visit.id]
        self._robots.told(visit.url, answer, self._now())
        host = self._hosts.get(visit.host)
        if host is not None:
            wait = max(self._settings.poll.host_delay, host.delay, self._robots.crawl_delay(visit.url))
            host = self._hosts[visit.host] = free_later(host, visit.started, wait)
            self._guarded(lambda: self._store.record(self._owner, self._now(), (), (host,)))
        self._agenda.done(visit.id, self._monotonic(), host, self._now())
        self._look_at = 0.0

    def _sleep(self, timeout: float) -> None:
        """Until the client or the parser has something, at most until the next thing is due."""
        now = self._monotonic()
        times = [timeout, self._client.wait(), self._parser.wait()]
        if self.paused or not self._draining:
            times.append(self._store_back_at - now if self.paused else self._look_at - now)
        times += [self._agenda.wait(now)] if self._may_launch() and self._has_memory() else []
        seconds = max(0.0, min(time for time in times if time is not None))
        poller = select.poll()
        poller.register(self._client.fileno(), select.POLLIN)
        poller.register(self._parser.fileno(), select.POLLIN)
        poller.poll(seconds * 1000)

    def _submit(self, visit: Visit, *, whole: bool = False) -> Visit:
        """To the parser, with what is known already; ``whole``: with nothing."""
        answer = visit.response
        assert answer is not None
        kind = answer.headers.get("content-type", "")
        if isinstance(visit, PageVisit):
            self._parser.submit(visit.id, answer.body, kind, answer.url, what="page")
            return visit
        if not whole:
            visit = replace(visit, reading=self._reading(visit.id))
        known = b"" if whole else reading.known(visit.reading or b"")
        self._parser.submit(visit.id, answer.body, kind, answer.url, known=known)
        return visit

    def _reading(self, feed: str) -> bytes | None:
        """What is known of the feed's entries; None while the store cannot tell, and then all of them are parsed. A
        store that is away is not asked for each feed: every question may take it seconds not to answer."""
        found: list[bytes] = []
        self._guarded(lambda: found.append(self._store.reading(feed)))
        return found[0] if found else None

    def _keep(self, visit: Visit) -> None:
        """Remembers how far a visit is; an ended one waits for the store."""
        if visit.ending is None:
            self._visits[visit.id] = visit
            return
        del self._visits[visit.id]
        self._ended.append(visit)

    def _settle(self) -> None:
        """Records what has ended, in order. Raises StoreUnavailable and keeps the rest."""
        news = False
        try:
            while self._ended:
                news = self._settle_some() or news
        finally:
            if news:
                self._after_commit()

    def _settle_some(self) -> bool:
        """Records the polls, or the one page, that ended first. Whether there is something new in the outbox."""
        now, first = self._now(), self._ended[0]
        if isinstance(first, PageVisit):
            ended: list[Visit] = [first]
            settled = self._settler.page(first, self._hosts, now, self._robots.crawl_delay(first.url))
            assert first.ending is not None
            self._on_page(first.ending.outcome)
        else:
            polls = list(islice(takewhile(lambda visit: isinstance(visit, Poll), self._ended), MOST_AT_ONCE))
            ended = list(polls)
            wanted = [poll for poll in polls if isinstance(poll, Poll) and self._wanted(poll.state)]
            settled = self._settler.polls(wanted, self._hosts, now, self._monotonic())
        for _ in ended:
            self._ended.popleft()
        self._finish(ended, settled, now)
        return settled.news

    def _finish(self, ended: Sequence[Visit], settled: Settled, now: datetime) -> None:
        """What is settled leaves the agenda; what has to be parsed as a whole goes back to the parser."""
        again = {poll.id for poll in settled.again}
        for visit in ended:
            if visit.id in again:
                self._visits[visit.id] = self._submit(unended(visit), whole=True)
            else:
                self._agenda.done(visit.id, self._monotonic(), self._hosts.get(visit.host), now)
        for site in settled.resting:
            self._agenda.rest_site(site)
        for report in settled.reports:
            self._on_poll(report)
        if settled.refused:
            for host in settled.refused:
                self._hosts.pop(host, None)
            logger().warning("hosts were leased to another daemon meanwhile", hosts=len(settled.refused))
            self._agenda.keep(lambda errand: errand.host in self._hosts)
