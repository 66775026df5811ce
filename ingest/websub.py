"""Push by the W3C recommendation WebSub: what to ask a hub, and what to make of its answers, calls and pushes. Pure.

    wanted ── ask ──► asked ── the hub verifies ──► verified ── lease runs out ──► asked
                        └──── the hub denies ────► denied ──── a week later ────► asked
    any ── the feed is gone, or names another hub ──► ending ── the hub verifies, or gives no answer ──► forgotten

A hub may lie, die or forget: whatever it does, a subscription is asked for ever more rarely and polling goes on. A push
only ever means "look there" (docs/decisions/0013-websub-is-a-ping.md).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from urllib.parse import urlencode

from msgspec.structs import replace

from gordon.polling import HubSubscription
from ingest.http import Answer, Failure, Request
from ingest.url import target
from ingest.wishes import retry_after

Mode: TypeAlias = Literal["subscribe", "unsubscribe"]
FIRST_WAIT = 600.0
"""Seconds that a hub has to verify before it is asked again; twice as long each time."""
MOST_WAIT = 86400.0
DENIED_WAIT = 7 * 86400.0
LEAST_LEASE = 600
MOST_LEASE = 30 * 86400
RENEW_AT = 0.8
"""Share of the lease after which it is renewed at the latest."""
SPREAD = 0.1
"""Share of a wait by which the subscriptions of one hub are spread."""
MOST_FAREWELLS = 3
MOST_CHALLENGE = 4096
FORM = "application/x-www-form-urlencoded"
_METHODS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}


@dataclass(frozen=True, slots=True)
class Asking:
    """How we ask. ``callback``: public address without the token; ``lease`` in seconds; ``mint`` makes an unguessable
    word; ``jitter`` a number in [0, 1)."""

    callback: str
    lease: float
    mint: Callable[[], str]
    jitter: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer the hub, and what to do: keep ``keep``, or ``forget`` the subscription."""

    status: int
    body: bytes = b""
    keep: HubSubscription | None = None
    forget: bool = False


REFUSED = Reply(404)


def callback_problem(callback: str) -> str:
    """Why no hub could call this address; "" when all is well."""
    found = target(callback)
    if isinstance(found, str):
        return found
    return "it must be an address without user, query and fragment" if any(mark in callback for mark in "?#@") else ""


def due(subscription: HubSubscription, asking: Asking, now: datetime) -> HubSubscription | None:
    """The subscription whose time has come, as it is kept before its hub is asked (see ``request``); None: there is
    nothing left to ask, forget it. Each time counts as a failure until the hub verifies."""
    if subscription.state == "ending":
        over = subscription.expires is None or subscription.expires <= now
        if over or subscription.failures >= MOST_FAREWELLS:
            return None
        return _later(subscription, wait(subscription.failures), asking, now)
    return _later(_begun(subscription, asking, now), wait(subscription.failures), asking, now)


def postponed(subscription: HubSubscription, until: datetime, asking: Asking, now: datetime) -> HubSubscription:
    """The subscription left alone until then, as its hub rests; not asked, so no failure."""
    seconds = (until - now).total_seconds()
    fresh = _begun(subscription, asking, now) if subscription.state != "ending" else subscription
    state = "wanted" if fresh.state == "asked" else fresh.state
    return replace(_later(fresh, seconds, asking, now), state=state, failures=subscription.failures)


def _begun(subscription: HubSubscription, asking: Asking, now: datetime) -> HubSubscription:
    """With a token and a secret. A verified one stays verified while its lease lasts."""
    lasts = subscription.state == "verified" and subscription.expires is not None and subscription.expires > now
    return replace(
        subscription,
        token=subscription.token or asking.mint(),
        secret=subscription.secret or asking.mint(),
        state="verified" if lasts else "asked",
        expires=subscription.expires if lasts else None,
    )


def _later(subscription: HubSubscription, seconds: float, asking: Asking, now: datetime) -> HubSubscription:
    moment = now + timedelta(seconds=seconds * (1 + SPREAD * asking.jitter()))
    if subscription.state == "verified" and subscription.expires is not None:
        moment = min(moment, subscription.expires)  # the end of a lease is noticed at once: the feed is polled faster
    return replace(subscription, next_try=moment, failures=subscription.failures + 1)


def wait(failures: int) -> float:
    """Seconds until the next try, doubling up to a day."""
    return float(min(FIRST_WAIT * 2.0 ** min(failures, 20), MOST_WAIT))


def request(subscription: HubSubscription, asking: Asking) -> Request:
    """What to send to the hub; the feed's id is its key. The secret goes over https only, as the recommendation has
    it: over http anybody on the way could read it, as well as the token."""
    mode: Mode = "unsubscribe" if subscription.state == "ending" else "subscribe"
    form = {
        "hub.callback": f"{asking.callback.rstrip('/')}/{subscription.token}",
        "hub.mode": mode,
        "hub.topic": subscription.topic,
    }
    if mode == "subscribe":
        form["hub.lease_seconds"] = str(int(asking.lease))
        if is_signed(subscription):
            form["hub.secret"] = subscription.secret
    body = urlencode(form).encode("ascii")
    return Request(subscription.feed, subscription.hub, method="POST", body=body, content_type=FORM)


def is_signed(subscription: HubSubscription) -> bool:
    """Whether the hub knows the secret, so that its pushes must be signed."""
    return subscription.hub.lower().startswith("https:")


def after_asked(subscription: HubSubscription, answer: Answer, now: datetime) -> HubSubscription | None:
    """What is kept after the hub's answer to the request; ``subscription`` as it is *now*: a hub may verify before it
    answers. None: forget it. Nothing of what the hub writes is kept: it might repeat token and secret."""
    if not isinstance(answer, Failure) and 200 <= answer.status < 300:
        return subscription
    if subscription.state == "ending" and not isinstance(answer, Failure) and 400 <= answer.status < 500:
        return None
    if subscription.state == "verified" and not subscription.failures:
        return subscription
    detail = answer.detail if isinstance(answer, Failure) else f"the hub answers with HTTP {answer.status}"
    headers = {} if isinstance(answer, Failure) else answer.headers
    asked_for = now + timedelta(seconds=min(retry_after(headers, now), MOST_WAIT))
    later = max(subscription.next_try, asked_for)
    if subscription.state == "verified" and subscription.expires is not None:
        later = min(later, subscription.expires)
    state = "wanted" if subscription.state == "asked" else subscription.state
    return replace(subscription, state=state, detail=detail, next_try=later)


def exhausted(answer: Answer) -> bool:
    """Whether the whole hub had better be left alone for a while, with all its topics."""
    return isinstance(answer, Failure) or answer.status == 429 or answer.status >= 500


def verify(subscription: HubSubscription | None, query: Mapping[str, str], asking: Asking, now: datetime) -> Reply:
    """A hub, or somebody who says so, asks at a callback address whether we meant it. Only what we asked for is
    confirmed."""
    if subscription is None or query.get("hub.topic") != subscription.topic:
        return REFUSED
    mode, challenge = query.get("hub.mode"), query.get("hub.challenge", "")
    if mode == "denied":
        return _denied(subscription, "the hub denies the subscription", asking, now)
    if not challenge or len(challenge) > MOST_CHALLENGE:
        return REFUSED
    echo = challenge.encode("utf-8", "surrogateescape")
    if mode == "unsubscribe" and subscription.state == "ending":
        return Reply(200, echo, forget=True)
    if mode != "subscribe" or subscription.state not in ("wanted", "asked", "verified"):
        return REFUSED
    lease = granted(query.get("hub.lease_seconds", ""), asking.lease)
    if lease < LEAST_LEASE:
        why = f"the hub's lease of {lease} s is shorter than {LEAST_LEASE} s"
        return Reply(404, keep=_denied(subscription, why, asking, now).keep)
    return Reply(200, echo, keep=_verified(subscription, lease, asking, now))


def _denied(subscription: HubSubscription, why: str, asking: Asking, now: datetime) -> Reply:
    """It is not given up: the feed still names this hub. But the hub has said no, so that a week may pass."""
    if subscription.state == "ending":
        return Reply(200, forget=True)
    seconds = DENIED_WAIT * (1 + SPREAD * asking.jitter())
    later = now + timedelta(seconds=seconds)
    return Reply(200, keep=replace(subscription, state="denied", expires=None, next_try=later, detail=why))


def _verified(subscription: HubSubscription, lease: int, asking: Asking, now: datetime) -> HubSubscription:
    renewal = lease * (RENEW_AT - SPREAD * asking.jitter())
    return replace(
        subscription,
        state="verified",
        expires=now + timedelta(seconds=lease),
        next_try=now + timedelta(seconds=renewal),
        failures=0,
        detail="",
    )


def granted(text: str, asked: float) -> int:
    """Seconds of the lease that a hub grants, at most a month, whatever it says; as asked when it says nothing."""
    word = text.strip()
    seconds = int(word[:12]) if word.isascii() and word.isdigit() else int(asked)
    return min(seconds, MOST_LEASE)


def authentic(secret: str, signature: str, chunks: Iterable[bytes]) -> bool:
    """Whether X-Hub-Signature fits the body. All of the body is read, in any case, and none of it is kept."""
    method, _, digest = signature.strip().partition("=")
    known = _METHODS.get(method.lower())
    seal = hmac.new(secret.encode(), digestmod=known or hashlib.sha256)
    for chunk in chunks:
        seal.update(chunk)
    given = digest.strip().lower().encode("utf-8", "replace")
    return known is not None and hmac.compare_digest(seal.hexdigest().encode(), given)
