"""The courier: posts what waits for webhooks, many at once, from a thread of its own, if it holds the lease.

At least once: a post is noted after its answer, so that a death in between posts it again, under the same id.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from gordon.app.hooks import Hook
from gordon.codec import encode
from gordon.errors import GordonError
from gordon.settings import Http
from gordon.webhooks import CONTENT_TYPE, Answered, Delivery, Settled, letter_of, settle, signed_headers
from ingest.client import Client
from ingest.http import Answer, Failure, Request
from ingest.wishes import retry_after
from store.deliveries import Deliveries

AT_ONCE = 4
"""Posts to one webhook at a time, each of another issue: a slow receiver takes no more than these."""
MOST_ANSWER = 1024**2
LEASE = 15.0
LOOK = 1.0
STEP = 0.2
LEAVE = 5.0
"""Seconds that posts under way get at the end; what is not answered by then is posted again."""


class CourierObserver(Protocol):
    """What the courier tells about itself."""

    def settled(self, settled: Sequence[Settled]) -> None:
        """These tries are noted."""

    def well(self) -> None:
        """The database answers."""

    def waiting(self, error: Exception) -> None:
        """The database is away; it is tried again for ever."""


class Courier:
    """``run`` in a thread of its own; ``use`` and ``wake`` from anywhere."""

    def __init__(
        self,
        store: Deliveries,
        http: Http,
        *,
        owner: str,
        dead_topic: str,
        observer: CourierObserver,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._owner, self._dead_topic, self._observer = store, owner, dead_topic, observer
        self._http = posting(http)
        self._now, self._monotonic = now, monotonic
        self._hooks: Mapping[str, Hook] = {}
        self._news = threading.Event()
        self._leads_until = 0.0
        self._flying: dict[str, Delivery] = {}
        self._looked: dict[str, float] = {}
        self._answered: list[tuple[Delivery, Answered, datetime]] = []

    def use(self, hooks: Sequence[Hook]) -> None:
        """These are the webhooks from now on."""
        self._hooks = {hook.id: hook for hook in hooks}
        self.wake()

    def wake(self) -> None:
        """There may be something to post."""
        self._news.set()

    def run(self, stopping: Callable[[], bool]) -> None:
        """Posts until ``stopping()``, then waits a little for what is under way; gives the lease back."""
        client = Client(self._http, clock=self._monotonic)
        failures = 0
        while not stopping():
            try:
                self.turn(client)
                self._observer.well()
                failures = 0
            except Exception as error:  # the thread's edge: one that died unseen would be the worst of faults
                failures += 1
                self._observer.waiting(error)
            self._rest(failures)
        with suppress(GordonError):  # what is not noted is posted again; an unreleased lease expires by itself
            self._leave(client)
        client.close()

    def _rest(self, failures: int) -> None:
        if failures or not self._flying:
            self._news.wait(min(5.0, LOOK / 2 * 2.0 ** min(failures, 10)))

    def turn(self, client: Client) -> None:
        """Moves on what is under way, notes what was answered, and begins what is due, as far as there is room."""
        if self._flying:
            self._take(client.step(STEP))
        news = self._news.is_set()
        self._news.clear()
        if not self._leads():
            return
        self._note()
        for hook in self._hooks.values():
            self._begin(client, hook, news=news)

    def _begin(self, client: Client, hook: Hook, *, news: bool) -> None:
        flying = [one for one in self._flying.values() if one.webhook == hook.id]
        room = AT_ONCE - len(flying)
        if room <= 0 or not (news or self._monotonic() >= self._looked.get(hook.id, 0.0) + LOOK):
            return
        unnoted = [one for one, _, _ in self._answered if one.webhook == hook.id]
        now = self._now()
        due = self._store.due(hook.id, now, room, [one.issue for one in (*flying, *unnoted)])
        if len(due) < room:  # else there may be more: look again at once
            self._looked[hook.id] = self._monotonic()
        for delivery in due:
            key = f"{hook.id} {delivery.number}"
            self._flying[key] = delivery
            client.start(request(hook, delivery.event, delivery.body, now, key))

    def _take(self, answers: Sequence[Answer]) -> None:
        now = self._now()
        for answer in answers:
            delivery = self._flying.pop(answer.key)
            self._answered.append((delivery, answered(answer, now), now))

    def _note(self) -> None:
        """Settles what was answered; kept for the next turn where the database is away, dropped where the lease is
        lost: then another courier posts it again."""
        if not self._answered:
            return
        settled = [settle(delivery, answer, at) for delivery, answer, at in self._answered]
        letters = [encode(letter_of(one, self._dead_topic)) for one in settled if one.state == "dead"]
        kept = self._store.settle(self._owner, settled, letters, self._now())
        self._answered.clear()
        if not kept:
            self._leads_until = 0.0
            return
        for webhook in Counter(one.delivery.webhook for one in settled):
            self._looked.pop(webhook, None)
        self._observer.settled(settled)

    def _leads(self) -> bool:
        """Whether the lease is ours; prolongs it at half time."""
        if self._monotonic() < self._leads_until - LEASE / 2:
            return True
        asked = self._monotonic()
        if asked < self._looked.get("", 0.0) + LOOK and not self._leads_until:
            return False
        self._looked[""] = asked
        taken = self._store.lease(self._owner, self._now(), LEASE)
        self._leads_until = asked + LEASE if taken else 0.0
        return taken

    def _leave(self, client: Client) -> None:
        until = self._monotonic() + LEAVE
        while self._flying and self._monotonic() < until:
            self._take(client.step(STEP))
        self._note()
        self._store.release(self._owner)


def posting(http: Http) -> Http:
    """The rules of the client for posts: the desk's, with small answers."""
    return http.model_copy(update={"max_body": min(http.max_body, MOST_ANSWER)})


def request(hook: Hook, id: str, body: bytes, now: datetime, key: str) -> Request:
    """A signed post of this moment."""
    return Request(
        key=key,
        url=hook.webhook.url,
        headers=signed_headers([one.get_secret_value() for one in hook.keys], id, now, body),
        method="POST",
        body=body,
        content_type=CONTENT_TYPE,
        redirects=False,
    )


def answered(answer: Answer, now: datetime) -> Answered:
    """What the client brings, in the words of webhooks."""
    if isinstance(answer, Failure):
        return Answered(detail=answer.detail, blocked=answer.outcome == "blocked")
    return Answered(status=answer.status, asked=retry_after(answer.headers, now))
