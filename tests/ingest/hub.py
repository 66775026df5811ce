"""A WebSub hub on loopback that does as it is told: honest, silent, lying, dying. And a store of subscriptions in
memory that keeps the promises of gordon.ports.HubStore as tests/contracts/test_store_hubs.py states them."""

from __future__ import annotations

import hashlib
import hmac
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from msgspec.structs import replace

from gordon.polling import HubSubscription
from tests.ingest.origin import Asked, Origin, reply


def call(url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """Status and body of a GET, or of a POST with a body."""
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, data=body, headers=headers or {}), timeout=20
        ) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@dataclass
class Hub:
    """``behave``: what to do with a request (its form), in a thread of its own after the answer ``status``; by default
    it is verified with the lease ``lease`` (None: the one asked for). ``first``: behave before answering.

    ``verified``: what the callbacks said to verifications, in order: mode, status, whether the challenge came back."""

    origin: Origin
    path: str = "/hub"
    status: int = 202
    lease: str | None = None
    first: bool = False
    behave: Callable[[dict[str, str]], object] | None = None
    forms: list[dict[str, str]] = field(default_factory=list)
    verified: list[tuple[str, int, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.origin.answers[self.path] = self._asked

    @property
    def url(self) -> str:
        return self.origin.url(self.path)

    def _asked(self, asked: Asked) -> bytes:
        assert asked.method == "POST" and asked.headers["content-type"] == "application/x-www-form-urlencoded"
        form = dict(parse_qsl(asked.body.decode(), strict_parsing=True))
        self.forms.append(form)
        thread = threading.Thread(target=self.behave or self.verify, args=(form,))
        thread.start()
        if self.first:
            thread.join()
        return reply("as you say", self.status)

    def verify(self, form: dict[str, str], **changed: str) -> tuple[int, bytes]:
        """Asks the subscriber whether it meant that, or something else."""
        query = {"hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"], "hub.challenge": "r4nd0m é/+&="}
        if form["hub.mode"] == "subscribe":
            query["hub.lease_seconds"] = self.lease if self.lease is not None else form["hub.lease_seconds"]
        query |= {f"hub.{name}": value for name, value in changed.items()}
        status, body = call(f"{form['hub.callback']}?{urlencode(query)}")
        self.verified.append((query["hub.mode"], status, body.decode() == query["hub.challenge"]))
        return status, body

    def deny(self, form: dict[str, str]) -> tuple[int, bytes]:
        """Tells the subscriber that it will not be."""
        query = {"hub.mode": "denied", "hub.topic": form["hub.topic"], "hub.reason": "not you"}
        return call(f"{form['hub.callback']}?{urlencode(query)}")

    def push(self, body: bytes = b"<feed/>", *, method: str = "sha256", secret: str | None = None) -> int:
        """Sends a push to the callback of the last request, signed with its secret or another."""
        form = next(form for form in reversed(self.forms) if form["hub.mode"] == "subscribe")
        key = form.get("hub.secret") if secret is None else secret
        headers = {"Content-Type": "application/atom+xml"}
        if key:
            headers["X-Hub-Signature"] = (
                f"{method}={hmac.new(key.encode(), body, getattr(hashlib, method)).hexdigest()}"
            )
        return call(form["hub.callback"], body, headers)[0]


@dataclass
class MemoryHubs:
    """``feeds``: what the subscribed feeds name, hub and topic."""

    feeds: dict[str, tuple[str, str]] = field(default_factory=dict)
    kept: dict[str, HubSubscription] = field(default_factory=dict)
    nudged: list[tuple[str, float]] = field(default_factory=list)

    def hubs_due(self, now: datetime, most: int) -> Sequence[HubSubscription]:
        """As the port says. A feed that names another hub gives up the old one first."""
        found = [self._current(one) for one in self.kept.values() if one.next_try <= now or self._is_left(one)]
        found = [one for one in found if one.state != "ending" or one.next_try <= now or one != self.kept[one.feed]]
        found += [
            HubSubscription(feed=feed, hub=hub, topic=topic, token="", secret="", state="wanted", next_try=now)
            for feed, (hub, topic) in self.feeds.items()
            if hub and feed not in self.kept
        ]
        return found[:most]

    def _is_left(self, one: HubSubscription) -> bool:
        return self.feeds.get(one.feed) != (one.hub, one.topic)

    def _current(self, one: HubSubscription) -> HubSubscription:
        return replace(one, state="ending") if self._is_left(one) else one

    def put_hub(self, subscription: HubSubscription) -> None:
        self.kept[subscription.feed] = subscription

    def drop_hub(self, feed: str) -> None:
        self.kept.pop(feed, None)

    def hub_by_token(self, token: str) -> HubSubscription | None:
        return next((one for one in self.kept.values() if one.token == token), None)

    def nudge(self, feed: str, now: datetime, least: float) -> bool:
        self.nudged.append((feed, least))
        return feed in self.feeds

    def by_state(self) -> dict[str, int]:
        return dict(Counter(one.state for one in self.kept.values()))
