"""Webhooks by Standard Webhooks, the pure part: signatures, bodies, when to try again, and what becomes of an answer.

https://www.standardwebhooks.com: webhook-id is that of the event and the same at every try; webhook-timestamp is that
of the try; webhook-signature holds one signature for each secret, so that secrets can be changed one side at a time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct

from gordon.codec import encode, encode_data
from gordon.events import Dead, Event, Origin
from gordon.ids import derive, digest

CONTENT_TYPE = "application/cloudevents+json"
SECRET_PREFIX = "whsec_"
LEAST_KEY, MOST_KEY = 24, 64
"""Bytes of a secret, by the specification."""
SCHEDULE = (0.0, 5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)
"""Seconds to wait before each try; after the last one the event is a dead letter, a little over three days on."""
MOST_WAIT = 86400.0
JITTER = 0.1
"""Share of a wait by which it may be longer, so that what failed together is not tried again together."""
LOOKBACK = timedelta(days=1)
"""How far before its first sight a webhook's events may lie: not all that a bus remembers is news to it."""
UNDELIVERABLE = "undeliverable"
STAGE = "relay"
_MOST_DETAIL = 300

State: TypeAlias = Literal["waiting", "delivered", "dead"]
Outcome: TypeAlias = Literal["delivered", "redirected", "refused", "failed", "blocked", "unreachable", "gone"]


class Delivery(Struct, frozen=True, kw_only=True):
    """One event for one webhook. ``issue``: what it keeps its order with; ``body``: the bytes that are posted, the
    same at every try; ``attempts``: tries so far."""

    webhook: str
    event: str
    issue: str
    topic: str
    body: bytes
    created: datetime
    number: int = 0
    attempts: int = 0


class Answered(Struct, frozen=True, kw_only=True):
    """What a try came to. ``status``: of the answer, 0 without one; ``blocked``: our own rules forbade it;
    ``asked``: seconds that the receiver wants us to wait."""

    status: int = 0
    detail: str = ""
    blocked: bool = False
    asked: float = 0.0


class Settled(Struct, frozen=True, kw_only=True):
    """How a delivery stands after a try. ``next_try``: when it waits for another."""

    delivery: Delivery
    state: State
    outcome: Outcome
    detail: str
    attempts: int
    next_try: datetime


def key_of(secret: str) -> bytes:
    """The key in a secret of the form ``whsec_<base64>``. Raises ValueError, whose text does not hold the secret."""
    text = secret.strip()
    if not text.startswith(SECRET_PREFIX):
        raise ValueError(f"it does not begin with {SECRET_PREFIX}")
    try:
        key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        # Not chained: nothing that was made of the secret may reach a traceback.
        raise ValueError(f"what follows {SECRET_PREFIX} is not base64") from None
    if not LEAST_KEY <= len(key) <= MOST_KEY:
        raise ValueError(f"it holds {len(key)} bytes; {LEAST_KEY} to {MOST_KEY} are allowed")
    return key


def signature(key: bytes, id: str, timestamp: int, body: bytes) -> str:
    """One signature, with its version."""
    mac = hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mac).decode()}"


def signed_headers(keys: Sequence[bytes], id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a try at this moment, signed with every key."""
    timestamp = int(now.timestamp())
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(key, id, timestamp, body) for key in keys),
    }


def body_of(event: Event) -> bytes:
    """The event as a CloudEvent in structured mode, JSON."""
    attributes = {name: value.decode() for name, value in encode(event).headers}
    return structured(attributes, encode_data(event.data))


def structured(headers: Mapping[str, str], data: bytes) -> bytes:
    """A CloudEvent in structured mode out of one in binary mode."""
    attributes = {name.removeprefix("ce_"): value for name, value in headers.items() if name.startswith("ce_")}
    return msgspec.json.encode({**attributes, "datacontenttype": "application/json", "data": msgspec.Raw(data)})


def settle(delivery: Delivery, answer: Answered, now: datetime) -> Settled:
    """What becomes of a delivery after this answer. One that is gone (410) waits, and its try does not count: the
    webhook is set aside instead."""
    outcome = outcome_of(answer)
    detail = _detail(answer)[:_MOST_DETAIL]
    if outcome == "gone":
        return Settled(delivery=delivery, state="waiting", outcome=outcome, detail=detail, attempts=delivery.attempts,
                       next_try=now)  # fmt: skip
    attempts = delivery.attempts + 1
    state: State = "waiting" if attempts < len(SCHEDULE) else "dead"
    return Settled(
        delivery=delivery,
        state="delivered" if outcome == "delivered" else state,
        outcome=outcome,
        detail=detail,
        attempts=attempts,
        next_try=now + timedelta(seconds=wait_after(delivery, attempts, answer.asked)) if state == "waiting" else now,
    )


def outcome_of(answer: Answered) -> Outcome:
    """An answer in one word."""
    if not answer.status:
        return "blocked" if answer.blocked else "unreachable"
    if 200 <= answer.status < 300:
        return "delivered"
    if 300 <= answer.status < 400:
        return "redirected"
    if answer.status == 410:
        return "gone"
    return "refused" if answer.status < 500 else "failed"


def _detail(answer: Answered) -> str:
    if not answer.status:
        return answer.detail
    if 300 <= answer.status < 400:
        return f"HTTP {answer.status}: redirects are not followed; correct the url"
    return f"HTTP {answer.status}"


def wait_after(delivery: Delivery, attempts: int, asked: float = 0.0) -> float:
    """Seconds until the next try, after so many of them: by the schedule, a little longer by the event's own jitter;
    longer still where the receiver asks for it, a day at most."""
    planned = SCHEDULE[attempts]
    part = int(digest(f"{delivery.webhook} {delivery.event} {attempts}".encode(), 8), 16) / 16**8
    return max(planned * (1 + JITTER * part), min(asked, MOST_WAIT))


def letter_of(settled: Settled, topic: str) -> Event:
    """The dead letter of a delivery that was given up. Its headers name the webhook, so that a replay posts the event
    to that webhook alone."""
    delivery = settled.delivery
    fields = msgspec.json.decode(delivery.body, type=dict[str, msgspec.Raw])
    words = {name: msgspec.json.decode(raw) for name, raw in fields.items() if name not in ("data", "datacontenttype")}
    headers = {f"ce_{name}": str(value) for name, value in words.items()}
    headers |= {"content-type": "application/json", "webhook": delivery.webhook}
    return Event(
        topic=topic,
        key=delivery.issue,
        type="gordon.dead.v1",
        id=derive("dead", STAGE, delivery.webhook, delivery.event, str(delivery.number)),
        source=f"/gordon/{STAGE}",
        subject=headers.get("ce_subject", ""),
        time=datetime.fromisoformat(headers["ce_time"]).astimezone(UTC),
        data=Dead(
            stage=STAGE,
            reason=UNDELIVERABLE,
            error=f"webhook {delivery.webhook}: {settled.detail}",
            traceback="",
            origin=Origin(topic=delivery.topic, partition=-1, offset=-1),
            attempts=settled.attempts,
            value=bytes(fields["data"]),
            key=delivery.issue,
            headers=headers,
        ),
    )


def delivery_again(headers: Mapping[str, str], *, key: str, topic: str, value: bytes, now: datetime) -> Delivery:
    """The delivery that a dead letter of ``letter_of`` was about, with all its tries before it."""
    return Delivery(
        webhook=headers["webhook"],
        event=headers["ce_id"],
        issue=key,
        topic=topic,
        body=structured(headers, value),
        created=now,
    )
