"""The shell of WebSub: asks hubs in one thread, answers their calls in others. What to say is decided in
ingest/websub.py.

    store.hubs_due -> due -> put_hub -> Client -> after_asked          (``turn``)
    Callback -> verify -> put_hub -> the challenge                     (``verify``)
    Callback -> authentic -> noted -> store.nudge                      (``push``, then ``turn``)
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec.structs import replace

from gordon.errors import StoreUnavailable
from gordon.hosts import host_of
from gordon.log import logger
from gordon.polling import HubSubscription
from gordon.ports import HubStore
from ingest.client import Client
from ingest.http import Answer
from ingest.websub import Asking, after_asked, authentic, due, exhausted, is_signed, postponed, request, verify, wait

EVERY = 1.0
"""Seconds between two looks for what is due, and until a push is passed on: many pushes are one."""
MOST_DUE = 500
MOST_AT_ONCE = 20
AT_ONE_HUB = 2
MOST_PUSHED = 100_000
MOST_RESTS = 10_000


@dataclass(slots=True)
class _Rests:
    """Which hubs are left alone after failures, until when; the more failures in a row, the longer."""

    until: dict[str, datetime] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)

    def note(self, host: str, answer: Answer, now: datetime) -> None:
        if not exhausted(answer):
            self.until.pop(host, None)
            self.failures.pop(host, None)
        elif self.until.get(host, now) <= now and (host in self.failures or len(self.failures) < MOST_RESTS):
            self.until[host] = now + timedelta(seconds=wait(self.failures.get(host, 0)))
            self.failures[host] = self.failures.get(host, 0) + 1


class HubKeeper:
    """Keeps the subscriptions at hubs. ``turn`` belongs to one thread, with its ``client``; ``verify`` and ``push`` may
    be called from any.

    ``leads``: whether this process is the one that asks (several daemons share a database); ``count`` hears how pushes
    end: "accepted", "forged", "unknown". ``now``: aware UTC; ``monotonic``: seconds. All raise StoreUnavailable, and
    then the hub or the next turn tries again.
    """

    def __init__(
        self,
        store: HubStore,
        client: Client,
        asking: Asking,
        *,
        least_interval: float,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        leads: Callable[[], bool] = lambda: True,
        count: Callable[[str], None] = lambda outcome: None,
    ) -> None:
        self._store, self._client, self._asking = store, client, asking
        self._least_interval, self._now, self._monotonic = least_interval, now, monotonic
        self._leads, self._count = leads, count
        self._look_at = 0.0
        self._ended: deque[Answer] = deque()
        self._running: dict[str, HubSubscription] = {}
        self._rests = _Rests()
        self._pushed: dict[str, datetime] = {}
        self._passed: dict[str, float] = {}
        # Reading, deciding and writing are one step for each of our threads: a hub may verify while it is being asked.
        self._lock = threading.Lock()

    def turn(self, timeout: float) -> None:
        """Moves everything on, waiting at most ``timeout`` seconds."""
        self._ended += self._client.step(timeout)
        while self._ended:
            self._answered(self._ended[0])
            del self._running[self._ended.popleft().key]
            self._look_at = 0.0
        if self._monotonic() < self._look_at:
            return
        self._look_at = self._monotonic() + EVERY
        self._pass_on()
        if self._leads():
            self._begin()

    def close(self) -> None:
        """Passes on the last pushes. Requests on their way are dropped: they are tried again."""
        self._client.cancel_all()
        self._running.clear()
        self._pass_on(at_once=True)

    def _begin(self) -> None:
        now = self._now()
        with self._lock:
            for subscription in self._store.hubs_due(now, MOST_DUE):
                if subscription.feed not in self._running:
                    self._begin_one(subscription, now)

    def _begin_one(self, subscription: HubSubscription, now: datetime) -> None:
        """Puts down what is about to be asked, before it is: a hub may verify before it answers."""
        host = host_of(subscription.hub)
        until = self._rests.until.get(host, now)
        if until > now:
            self._store.put_hub(postponed(subscription, until, self._asking, now))
        elif not self._is_busy(host):
            asked = due(subscription, self._asking, now)
            if asked is None:
                self._store.drop_hub(subscription.feed)
                return
            self._store.put_hub(asked)
            self._running[asked.feed] = asked
            self._client.start(request(asked, self._asking))

    def _is_busy(self, host: str) -> bool:
        same = sum(host_of(subscription.hub) == host for subscription in self._running.values())
        return same >= AT_ONE_HUB or len(self._running) >= MOST_AT_ONCE

    def _answered(self, answer: Answer) -> None:
        asked = self._running[answer.key]
        now = self._now()
        self._rests.note(host_of(asked.hub), answer, now)
        with self._lock:
            current = self._store.hub_by_token(asked.token)
            if current is None:
                return
            kept = after_asked(current, answer, now)
            if kept is None:
                self._store.drop_hub(current.feed)
            elif kept != current:
                logger().info("hub does not take it", feed=kept.feed, state=kept.state, detail=kept.detail)
                self._store.put_hub(kept)

    def verify(self, token: str, query: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body for a hub's question whether we meant it."""
        with self._lock:
            subscription = self._store.hub_by_token(token)
            reply = verify(subscription, query, self._asking, self._now())
            if subscription is not None and reply.forget:
                self._store.drop_hub(subscription.feed)
            if reply.keep is not None:
                self._store.put_hub(reply.keep)
                logger().info("hub has called", feed=reply.keep.feed, state=reply.keep.state, detail=reply.keep.detail)
        return reply.status, reply.body

    def push(self, token: str, signature: str, chunks: Iterator[bytes]) -> int:
        """The status for a push. A forged one is answered like a true one, as the recommendation has it, so that nobody
        learns from the answer; it does nothing."""
        subscription = self._store.hub_by_token(token)
        if subscription is None or subscription.state != "verified":
            self._count("unknown")
            return 404
        if is_signed(subscription) and not authentic(subscription.secret, signature, chunks):
            self._count("forged")
            return 202
        _drain(chunks)
        self._count("accepted")
        if token in self._pushed or len(self._pushed) < MOST_PUSHED:
            self._pushed[token] = self._now()
        return 202

    def _pass_on(self, *, at_once: bool = False) -> None:
        """Feeds that were pushed are due soon, whatever the push said; not again within the least interval, as the
        store might forget a nudge that comes while the feed is being polled for the one before."""
        now, monotonic = self._now(), self._monotonic()
        self._passed = {token: at for token, at in self._passed.items() if monotonic - at < self._least_interval}
        for token in list(self._pushed):
            if token in self._passed and not at_once:
                continue
            moment = self._pushed.pop(token)  # first: a push that comes meanwhile is passed on next time
            try:
                self._nudge(token, moment, now)
            except StoreUnavailable:
                self._pushed.setdefault(token, moment)
                raise
            self._passed[token] = monotonic

    def _nudge(self, token: str, moment: datetime, now: datetime) -> None:
        with self._lock:
            current = self._store.hub_by_token(token)
            if current is not None and self._store.nudge(current.feed, now, self._least_interval):
                self._store.put_hub(replace(current, last_push=moment))


def _drain(chunks: Iterable[bytes]) -> None:
    for _ in chunks:
        pass
