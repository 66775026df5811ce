"""Webhooks as people look at them: how each stands, and one signed event to try a receiver out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, TypeAlias
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec
from msgspec import Struct

from gordon.app.courier import answered, posting, request
from gordon.app.hooks import Hook
from gordon.desk.webhooks import Webhook
from gordon.settings import Http
from gordon.webhooks import Outcome, outcome_of, structured
from ingest.client import Client
from ingest.http import Response
from store.deliveries import WebhookState

TEST_TYPE = "gordon.test.v1"
STEP = 0.2
MOST_SHOWN = 500
Stand: TypeAlias = Literal["new", "active", "failing", "disabled", "removed"]


class WebhookLine(Struct, frozen=True, kw_only=True):
    """One webhook at a glance. ``receiver``: its host alone, as the rest of an address may hold a token. ``state``:
    new, until a relay has seen it; failing after a try that failed; disabled after a 410; removed from the desk."""

    webhook: str
    receiver: str
    state: Stand
    waiting: int
    oldest: datetime | None
    next_try: datetime | None
    failures: int
    last_try: datetime | None
    last_outcome: str
    last_detail: str
    disabled_at: datetime | None


class Tried(Struct, frozen=True, kw_only=True):
    """What a receiver said to a test event. ``answer``: how the body of its answer begins."""

    webhook: str
    event: str
    outcome: Outcome
    status: int
    detail: str
    seconds: float
    answer: str


def webhook_lines(webhooks: Sequence[Webhook], states: Sequence[WebhookState]) -> list[WebhookLine]:
    """Those of the desk, and those that are gone while something waits for them."""
    known = {state.id: state for state in states}
    names = {webhook.id: urlsplit(webhook.url).hostname or "" for webhook in webhooks}
    names |= {state.id: "" for state in states if state.id not in names and state.waiting}
    return [_line(id, receiver, known.get(id), id in {one.id for one in webhooks}) for id, receiver in names.items()]


def _line(id: str, receiver: str, state: WebhookState | None, on_desk: bool) -> WebhookLine:
    return WebhookLine(
        webhook=id,
        receiver=receiver,
        state=_stand(state, on_desk),
        waiting=state.waiting if state else 0,
        oldest=state.oldest if state else None,
        next_try=state.next_try if state else None,
        failures=state.failures if state else 0,
        last_try=state.last_try if state else None,
        last_outcome=state.last_outcome if state else "",
        last_detail=state.last_detail if state else "",
        disabled_at=state.disabled_at if state else None,
    )


def _stand(state: WebhookState | None, on_desk: bool) -> Stand:
    if not on_desk:
        return "removed"
    if state is None:
        return "new"
    if state.disabled_at:
        return "disabled"
    return "failing" if state.failures else "active"


def try_out(hook: Hook, http: Http, now: datetime, *, monotonic: Callable[[], float] = time.monotonic) -> Tried:
    """Posts a test event once, by the same rules as any other, and waits for the answer."""
    id = str(uuid4())
    headers = {"ce_specversion": "1.0", "ce_type": TEST_TYPE, "ce_id": id, "ce_source": "/gordon/webhooks"}
    headers |= {"ce_time": now.isoformat().replace("+00:00", "Z")}
    body = structured(headers, msgspec.json.encode({"webhook": hook.id}))
    client = Client(posting(http), clock=monotonic)
    try:
        client.start(request(hook, id, body, now, id))
        while not (found := client.step(STEP)):
            pass
    finally:
        client.close()
    (answer,) = found
    given = answered(answer, now)
    said = answer.body[:MOST_SHOWN].decode("utf-8", "replace") if isinstance(answer, Response) else ""
    return Tried(
        webhook=hook.id, event=id, outcome=outcome_of(given), status=given.status, detail=given.detail,
        seconds=round(answer.seconds, 3), answer=said,
    )  # fmt: skip
