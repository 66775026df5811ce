"""Signatures that the official library verifies, the schedule, and what becomes of each answer."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from standardwebhooks import Webhook, WebhookVerificationError

from gordon.bus import Record
from gordon.codec import decode, encode
from gordon.events import Dead
from gordon.webhooks import (
    SCHEDULE,
    Answered,
    Delivery,
    body_of,
    delivery_again,
    key_of,
    letter_of,
    outcome_of,
    settle,
    signature,
    signed_headers,
    wait_after,
)
from tests.gordon.webhook_samples import assigned

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
SECRET, OLDER = (f"whsec_{base64.b64encode(key).decode()}" for key in (b"k" * 24, bytes(range(64))))
VECTOR = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
"""The test vector of the specification."""
VECTOR_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def delivery(**news: object) -> Delivery:
    given = Delivery(webhook="jira", event="e1", issue="i1", topic="gordon.queue.q", body=b"{}", created=NOW, number=7)
    return replace(given, **news)


def test_the_vector_of_the_specification() -> None:
    secret, id, timestamp, body = VECTOR
    assert signature(key_of(secret), id, timestamp, body) == VECTOR_SIGNATURE
    assert Webhook(secret).sign(id, datetime.fromtimestamp(timestamp, UTC), body.decode()) == VECTOR_SIGNATURE


@settings(max_examples=60, deadline=None)
@given(
    st.binary(min_size=24, max_size=64),
    st.text(st.characters(codec="ascii", exclude_characters="."), min_size=1),
    st.text(st.characters(codec="utf-8")),
)
def test_what_we_sign_the_official_library_verifies_and_signs_alike(key: bytes, id: str, text: str) -> None:
    secret = f"whsec_{base64.b64encode(key).decode()}"
    now, body = datetime.now(UTC), json.dumps({"text": text}, ensure_ascii=False).encode()
    headers = signed_headers([key_of(secret)], id, now, body)
    assert Webhook(secret).verify(body, headers) == {"text": text}
    assert headers["webhook-signature"] == Webhook(secret).sign(id, now, body.decode())


def test_while_secrets_change_both_sides_verify() -> None:
    body, now = b'{"a":1}', datetime.now(UTC)
    both = signed_headers([key_of(SECRET), key_of(OLDER)], "m", now, body)
    assert len(both["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, OLDER):
        assert Webhook(secret).verify(body, both) == {"a": 1}
    with pytest.raises(WebhookVerificationError):
        Webhook(OLDER).verify(body, signed_headers([key_of(SECRET)], "m", now, body))


@pytest.mark.parametrize("spoilt", ["body", "id", "old", "new"])
def test_a_changed_body_another_id_and_a_wrong_time_are_refused(spoilt: str) -> None:
    body, now = b'{"a":1}', datetime.now(UTC)
    now += {"old": -timedelta(minutes=6), "new": timedelta(minutes=6)}.get(spoilt, timedelta())
    headers = signed_headers([key_of(SECRET)], "m", now, body)
    headers |= {"webhook-id": "other"} if spoilt == "id" else {}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(b'{"a":2}' if spoilt == "body" else body, headers)


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("c2VjcmV0", "does not begin with whsec_"),
        ("whsec_", "0 bytes"),
        ("whsec_c2hvcnQ=", "5 bytes"),
        (f"whsec_{base64.b64encode(b'x' * 65).decode()}", "65 bytes"),
        ("whsec_not base64 at all, whatever", "not base64"),
        ("whsec_ünter", "not base64"),
    ],
)
def test_a_secret_that_is_none_is_refused_without_being_told(secret: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        key_of(secret)
    assert secret.removeprefix("whsec_") not in str(caught.value) or secret == "whsec_"
    assert caught.value.__cause__ is None and caught.value.__suppress_context__ == ("base64" in words)


def test_a_secret_may_end_in_a_line_break() -> None:
    assert key_of(f"{SECRET}\n") == b"k" * 24


def test_the_body_is_a_cloud_event_that_holds_the_data_letter_for_letter() -> None:
    event = assigned("e1", "i1", title="Été — “files”")
    body = body_of(event)
    found = json.loads(body)
    assert found.pop("data") == json.loads(encode(event).value)
    assert found == {
        "specversion": "1.0", "type": "gordon.assigned.v1", "id": event.id, "source": "/gordon/route",
        "subject": event.subject, "time": event.time.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
    }  # fmt: skip
    assert encode(event).value in body


@pytest.mark.parametrize(
    ("answer", "outcome", "detail"),
    [
        (Answered(status=200), "delivered", "HTTP 200"),
        (Answered(status=299), "delivered", "HTTP 299"),
        (Answered(status=301), "redirected", "HTTP 301: redirects are not followed; correct the url"),
        (Answered(status=404), "refused", "HTTP 404"),
        (Answered(status=410), "gone", "HTTP 410"),
        (Answered(status=429), "refused", "HTTP 429"),
        (Answered(status=503), "failed", "HTTP 503"),
        (Answered(status=101), "refused", "HTTP 101"),
        (Answered(detail="10.0.0.1 is private", blocked=True), "blocked", "10.0.0.1 is private"),
        (Answered(detail="slow" * 999), "unreachable", ("slow" * 999)[:300]),
    ],
)
def test_each_answer_has_its_outcome(answer: Answered, outcome: str, detail: str) -> None:
    assert outcome_of(answer) == outcome
    found = settle(delivery(), answer, NOW)
    assert (found.outcome, found.detail) == (outcome, detail)
    assert (found.state == "delivered") == (outcome == "delivered")


def test_what_fails_is_tried_ten_times_over_three_days_and_then_dead() -> None:
    one, now, waits = delivery(), NOW, []
    while (found := settle(one, Answered(status=500), now)).state == "waiting":
        waits.append((found.next_try - now).total_seconds())
        one, now = replace(one, attempts=found.attempts), found.next_try
    assert found.state == "dead" and found.attempts == len(SCHEDULE) == 10
    assert all(planned <= wait <= planned * 1.1 for planned, wait in zip(SCHEDULE[1:], waits, strict=True))
    assert timedelta(days=3) < now - NOW < timedelta(days=4)


def test_410_counts_as_no_try() -> None:
    found = settle(delivery(attempts=9), Answered(status=410), NOW)
    assert (found.state, found.attempts, found.next_try) == ("waiting", 9, NOW)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 9), st.floats(0, 1e9), st.uuids())
def test_waits_are_steady_jittered_and_bounded(attempts: int, asked: float, id: object) -> None:
    one = delivery(event=str(id))
    wait = wait_after(one, attempts, asked)
    assert wait == wait_after(one, attempts, asked)
    assert SCHEDULE[attempts] <= wait <= max(SCHEDULE[attempts] * 1.1, min(asked, 86400.0))
    assert wait >= min(asked, 86400.0)


def test_deliveries_that_failed_together_are_not_tried_together() -> None:
    assert len({wait_after(delivery(event=str(number)), 3) for number in range(50)}) == 50


def test_a_dead_letter_says_all_and_leads_back_to_the_same_post() -> None:
    event = assigned("e1", "i1", title="Été")
    one = delivery(event=event.id, body=body_of(event), attempts=9, topic=event.topic, issue=event.key)
    letter = letter_of(settle(one, Answered(status=500), NOW), "gordon.dead")
    data = letter.data
    assert isinstance(data, Dead)
    assert (data.stage, data.reason, data.attempts, data.key) == ("relay", "undeliverable", 10, "i1")
    assert data.error == "webhook jira: HTTP 500" and data.origin.topic == event.topic
    assert letter.id == letter_of(settle(one, Answered(status=404), NOW), "gordon.dead").id
    assert letter.subject == event.subject and letter.time == event.time
    again = delivery_again(data.headers, key=data.key, topic=data.origin.topic, value=data.value, now=NOW)
    assert again == replace(one, number=0, attempts=0)
    assert msgspec.json.decode(again.body) == msgspec.json.decode(one.body)
    message = encode(letter)
    record = Record("gordon.dead", 0, 1, message.key, message.value, message.headers)
    assert decode(record) == letter


DOC = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")


def test_the_vector_of_the_documents_is_right() -> None:
    head, _, body = re.findall(r"```http\n(.*?)```", DOC, re.DOTALL)[0].strip().partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:])
    (secret,) = re.findall(r"`(whsec_[^`<]+)`", DOC)
    made = signature(key_of(secret), headers["webhook-id"], int(headers["webhook-timestamp"]), body.encode())
    assert made == headers["webhook-signature"] and json.loads(body)["id"] == headers["webhook-id"]


def test_the_receiver_of_the_documents_takes_what_we_sign_once_and_nothing_else() -> None:
    names: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", DOC, re.DOTALL)[0], names)
    body = body_of(assigned("e1", "i1"))
    headers = signed_headers([key_of(SECRET)], "e1", datetime.now(UTC), body)
    seen: set[str] = set()
    assert [names["receive"](SECRET, headers, body, seen) for _ in range(2)] == [204, 204] and seen == {"e1"}
    assert names["receive"](OLDER, headers, body, set()) == 401
    assert names["receive"](SECRET, headers, body + b" ", set()) == 401
