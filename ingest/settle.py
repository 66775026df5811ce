"""What ended visits have brought: decided by pure functions, recorded in one transaction for many.

One feed's poison must not stop the others: an error of ours over its entries is that feed's outcome, with its cause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from gordon.errors import DatabaseUnfit, StoreUnavailable
from gordon.events import Topics
from gordon.hosts import host_of
from gordon.log import logger
from gordon.polling import FeedState, Found, HostState, PageRead, PageTask, Polled
from gordon.ports import IngestStore
from gordon.settings import Settings
from ingest import reading
from ingest.hosts import after_visit, is_refusal, rests_site
from ingest.normalise import Language, decide, enriched, lookup, named
from ingest.raw import RawPage
from ingest.schedule import FINE, Ending, Outcome, after
from ingest.visit import PageVisit, Poll, failed

STRIKES_COUNT = timedelta(days=1)
"""How long the refusals of one host speak against its whole site."""
PAGE_TRIES = 3
PAGE_WAIT = 600.0
"""Seconds before a page that failed is tried again; longer each time."""


@dataclass(frozen=True, slots=True)
class PollReport:
    """One finished and recorded poll. ``bytes``: over the wire; ``seconds``: from its start to its record; ``found``:
    what was published, ``held``: how many mentions were held back, ``dropped``: entries beyond the limit."""

    feed: str
    outcome: Outcome
    status: int
    bytes: int
    seconds: float
    found: tuple[Found, ...]
    held: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """``again``: polls whose whole body must be parsed; ``refused``: hosts that are no longer ours; ``resting``: sites
    that rest from now on; ``news``: whether the outbox has something new."""

    reports: tuple[PollReport, ...] = ()
    again: tuple[Poll, ...] = ()
    refused: frozenset[str] = frozenset()
    resting: tuple[str, ...] = ()
    news: bool = False


class Settler:
    """``owner``: who holds the leases; ``jitter``: a number in [0, 1)."""

    def __init__(
        self,
        store: IngestStore,
        settings: Settings,
        topics: Topics,
        owner: str,
        *,
        jitter: Callable[[], float],
        language: Language,
    ) -> None:
        self._store, self._settings, self._topics, self._owner = store, settings, topics, owner
        self._jitter, self._language = jitter, language

    def polls(self, ended: Sequence[Poll], hosts: dict[str, HostState], now: datetime, monotonic: float) -> Settled:
        """Records these polls together and brings ``hosts`` up to date. Raises StoreUnavailable, and then nothing has
        changed."""
        done: list[tuple[Poll, Polled]] = []
        again: list[Poll] = []
        for poll in ended:
            decided = self._guarded(poll, now)
            if decided is None:
                again.append(poll)
            else:
                done.append(decided)
        states = self._hosts([poll for poll, _ in done], hosts, now)
        done, refused = self._recorded(done, list(states.values()), now)
        refusing = {poll.host for poll, _ in done if poll.ending and is_refusal(poll.ending, again=_again(poll))}
        struck = [state for state in states.values() if state.host in refusing]
        hosts.update(states)
        resting = self._rest_sites(struck, now)
        kept = [(poll, polled) for poll, polled in done if poll.id not in refused]
        return Settled(
            reports=tuple(_report(poll, polled, monotonic) for poll, polled in kept),
            again=tuple(again),
            refused=frozenset(poll.host for poll, _ in done if poll.id in refused),
            resting=resting,
            news=any(not found.held for _, polled in kept for found in polled.found),
        )

    def _recorded(
        self, done: list[tuple[Poll, Polled]], states: list[HostState], now: datetime
    ) -> tuple[list[tuple[Poll, Polled]], frozenset[str]]:
        """The polls as they stand in the store, and the feeds whose polls were refused. One whose rows the database
        cannot take is recorded as a poll that failed."""
        if not done:
            return done, frozenset()
        result = self._store.record(self._owner, now, [polled for _, polled in done], states)
        if not result.broken:
            return done, result.refused
        logger().error("polls could not be recorded", feeds=result.broken)
        fine = [(poll, polled) for poll, polled in done if poll.id not in result.broken]
        mended = [self._failed(poll, result.broken[poll.id], now) for poll, _ in done if poll.id in result.broken]
        second = self._store.record(self._owner, now, [polled for _, polled in mended], states)
        return fine + mended, result.refused | second.refused | frozenset(second.broken)

    def _failed(self, poll: Poll, why: str, now: datetime) -> tuple[Poll, Polled]:
        broken = failed(poll, why)
        assert broken.ending is not None
        return broken, Polled(host=poll.host, state=self._after(broken, broken.ending, now))

    def page(self, visit: PageVisit, hosts: dict[str, HostState], now: datetime, delay: float = 0.0) -> Settled:
        """Records the end of a page's visit: the mention is published with the page's text, or with the feed's own
        when the page cannot be had. ``delay``: seconds between visits that the site asks of robots."""
        assert visit.ending is not None
        host = free_later(self._hosts([visit], hosts, now)[visit.host], visit.started, delay)
        task = visit.task
        final = visit.page is not None or visit.ending.outcome in ("gone", "blocked") or task.failures + 1 >= PAGE_TRIES
        if final:
            ours = self._published(task, visit.page, host, now)
        else:
            due = now + timedelta(seconds=PAGE_WAIT * 2**task.failures)
            later = msgspec.structs.replace(task, failures=task.failures + 1, next_due=due)
            ours = self._store.record_page(self._owner, now, PageRead(task=later, found=None), host)
        hosts[visit.host] = host
        return Settled(refused=frozenset() if ours else frozenset({visit.host}), news=ours and final)

    def _published(self, task: PageTask, page: RawPage | None, host: HostState, now: datetime) -> bool:
        """Whether the host was still ours. A page that cannot be settled counts as one that cannot be had: what waited
        for it is fit to be published as it is."""
        try:
            found = enriched(task, page, now, language=self._language, topics=self._topics)
            return self._store.record_page(self._owner, now, PageRead(task=task, found=found), host)
        except (StoreUnavailable, DatabaseUnfit):
            raise
        except Exception as error:  # whatever it is, it is about this page
            if page is None:
                raise
            logger().error("a page could not be settled", feed=task.feed, mention=task.id, exc_info=error)
        return self._published(task, None, host, now)

    def _guarded(self, poll: Poll, now: datetime) -> tuple[Poll, Polled] | None:
        try:
            return self._polled(poll, now)
        except (StoreUnavailable, DatabaseUnfit):
            raise
        except Exception as error:  # whatever it is, it is about this feed: it becomes its outcome, with its cause
            logger().error("a poll could not be settled", feed=poll.id, exc_info=error)
            return self._failed(poll, f"Gordon's own error: {type(error).__name__}: {error}", now)

    def _polled(self, poll: Poll, now: datetime) -> tuple[Poll, Polled] | None:
        """What this poll has brought; None when its body has to be parsed as a whole first."""
        assert poll.ending is not None
        ending, state, raw = poll.ending, poll.state, poll.raw
        if raw is None:
            misread = ending.outcome in ("not-a-feed", "unparseable")
            return poll, Polled(host=poll.host, state=self._after(poll, ending, now), reading=b"" if misread else None)
        before = poll.reading or b""
        entries = named(raw.entries)
        ask = lookup(entries)
        decision = decide(
            state,
            raw,
            entries,
            self._store.entries(state.id, ask.identities, ask.links, ask.contents),
            now,
            present=reading.present(raw, before),
            language=self._language,
            topics=self._topics,
            authors=self._settings.privacy.authors,
            review=self._settings.review,
        )
        if decision.again:
            return None
        ending = msgspec.structs.replace(ending, new=any(one.mention.kind == "new" for one in decision.found))
        remembered = reading.remember(raw, before, decision)
        return poll, Polled(
            host=poll.host,
            state=self._after(poll, ending, now),
            found=decision.found,
            reading=None if remembered == poll.reading else remembered,
        )

    def _after(self, poll: Poll, ending: Ending, now: datetime) -> FeedState:
        """The feed's state from now on. Politeness counts for the host that really serves the feed, so that many
        addresses which lead to one host are one queue from the second visit on; when that ends badly, the way begins
        at the feed's own address again."""
        websub = self._settings.websub
        slow = websub.slow if poll.state.pushed and websub.callback else 1.0
        state = after(poll.state, ending, self._settings.poll, now, self._jitter(), slow=slow)
        if ending.outcome not in FINE:
            return msgspec.structs.replace(state, host=host_of(state.url))
        served = host_of(poll.response.url) if poll.response is not None else ""
        return msgspec.structs.replace(state, host=served) if served else state

    def _hosts(
        self, visits: Sequence[Poll | PageVisit], hosts: Mapping[str, HostState], now: datetime
    ) -> dict[str, HostState]:
        """The states of their hosts after these visits."""
        states: dict[str, HostState] = {}
        for visit in visits:
            assert visit.ending is not None
            before = states.get(visit.host) or hosts.get(visit.host) or HostState(host=visit.host)
            feed = visit.id if isinstance(visit, Poll) else visit.task.feed
            states[visit.host] = after_visit(
                before, feed, visit.ending, visit.started, self._settings.poll, now, again=_again(visit)
            )
        return states

    def _rest_sites(self, struck: Sequence[HostState], now: datetime) -> tuple[str, ...]:
        """Where several hosts of one site ask for rest, the site gets it. The polls stand recorded by now: when the
        store goes away here, the next refusal asks again."""
        resting: list[str] = []
        try:
            for state in struck:
                others = self._store.site_strikes(state.site, now - STRIKES_COUNT)
                until = rests_site(state, others, now, poll=self._settings.poll)
                if until is not None:
                    self._store.rest_site(state.site, until)
                    resting.append(state.site)
        except (StoreUnavailable, DatabaseUnfit) as error:
            logger().warning("a site could not be given rest", error=str(error))
        return tuple(resting)


def free_later(host: HostState, started: datetime, delay: float) -> HostState:
    """The host, free no sooner than so many seconds after the beginning of a visit."""
    free_at = started + timedelta(seconds=delay)
    return msgspec.structs.replace(host, free_at=max(free_at, host.free_at or free_at))


def _again(visit: Poll | PageVisit) -> bool:
    return isinstance(visit, Poll) and visit.state.outcome == "blocked"


def _report(poll: Poll, polled: Polled, monotonic: float) -> PollReport:
    assert poll.ending is not None
    told = tuple(found for found in polled.found if not found.held)
    return PollReport(
        poll.id,
        poll.ending.outcome,
        poll.ending.status,
        poll.wire,
        monotonic - poll.began,
        told,
        len(polled.found) - len(told),
        poll.raw.dropped if poll.raw is not None else 0,
    )
