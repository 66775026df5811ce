"""What to ask hubs and what to believe: the rules by themselves, without a network."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gordon.polling import HubSubscription
from ingest.http import Answer, Failure, Response
from ingest.websub import (
    FIRST_WAIT,
    LEAST_LEASE,
    MOST_LEASE,
    Asking,
    after_asked,
    authentic,
    due,
    postponed,
    request,
    verify,
    wait,
)

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
ASKING = Asking("https://desk.example/hub/", 7 * 86400.0, lambda: "minted" * 6, lambda: 0.5)
TOPIC = "https://blog.example/feed?a=1&b=é"
NEW = HubSubscription(
    feed="f", hub="https://hub.example/", topic=TOPIC, token="", secret="", state="wanted", next_try=NOW
)
VERIFIED = replace(
    NEW, token="t" * 43, secret="s" * 43, state="verified", expires=NOW + timedelta(days=2), next_try=NOW
)


def response(status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response("f", status, "https://hub.example/", headers or {}, b"token and secret", 0, 0.1)


def asked(subscription: HubSubscription, now: datetime = NOW) -> HubSubscription:
    found = due(subscription, ASKING, now)
    assert found is not None
    return found


def test_a_request_to_subscribe_says_all_and_nothing_else() -> None:
    sent = request(asked(NEW), ASKING)
    assert (sent.key, sent.url, sent.method) == ("f", "https://hub.example/", "POST")
    assert parse_qs(sent.body.decode("ascii")) == {
        "hub.callback": ["https://desk.example/hub/" + "minted" * 6],
        "hub.mode": ["subscribe"],
        "hub.topic": [TOPIC],
        "hub.lease_seconds": ["604800"],
        "hub.secret": ["minted" * 6],
    }
    plain = request(asked(replace(NEW, hub="http://hub.example/")), ASKING)
    assert b"secret" not in plain.body


def test_the_waits_double_up_to_a_day() -> None:
    assert [wait(failures) for failures in (0, 1, 2, 7, 8, 1000)] == [600, 1200, 2400, 76800, 86400, 86400]


def test_token_and_secret_stay_over_tries_and_lapses() -> None:
    lapsed = asked(VERIFIED, NOW + timedelta(days=3))
    assert (lapsed.token, lapsed.secret, lapsed.state, lapsed.expires) == ("t" * 43, "s" * 43, "asked", None)


def test_a_renewal_is_tried_again_at_the_end_of_the_lease_at_the_latest() -> None:
    late = asked(replace(VERIFIED, failures=9), NOW + timedelta(days=1, hours=23))
    assert late.state == "verified" and late.next_try == VERIFIED.expires


def test_the_answer_of_a_hub_that_has_verified_meanwhile_changes_nothing() -> None:
    assert after_asked(VERIFIED, response(500), NOW) == VERIFIED


@pytest.mark.parametrize(
    "answer, words",
    [(response(400), "HTTP 400"), (response(302), "HTTP 302"), (Failure("f", "unreachable", "dead"), "dead")],
)
def test_a_refusal_is_kept_without_the_words_of_the_hub(answer: Answer, words: str) -> None:
    pending = asked(NEW)
    kept = after_asked(pending, answer, NOW)
    assert kept is not None and kept.state == "wanted" and words in kept.detail and "secret" not in kept.detail
    assert kept.next_try == pending.next_try > NOW + timedelta(seconds=FIRST_WAIT)


def test_the_wish_to_wait_is_clamped_and_never_outlasts_a_lease() -> None:
    busy = response(429, {"retry-after": "999999999"})
    kept = after_asked(asked(NEW), busy, NOW)
    assert kept is not None and kept.next_try == NOW + timedelta(days=1)
    soon = replace(asked(VERIFIED), expires=NOW + timedelta(hours=1))
    renewing = after_asked(soon, busy, NOW)
    assert renewing is not None and renewing.state == "verified" and renewing.next_try == soon.expires


def test_a_farewell_ends_by_refusal_and_by_lapse_but_not_by_silence() -> None:
    ending = replace(VERIFIED, state="ending")
    kept = asked(ending)
    assert kept.state == "ending" and b"mode=unsubscribe" in request(kept, ASKING).body
    assert after_asked(kept, response(404), NOW) is None
    assert after_asked(kept, response(202), NOW) == kept
    silent = after_asked(kept, response(503), NOW)
    assert silent is not None and silent.state == "ending" and "503" in silent.detail
    assert due(replace(kept, failures=3), ASKING, NOW) is None
    assert due(kept, ASKING, NOW + timedelta(days=2)) is None
    assert due(replace(kept, expires=None), ASKING, NOW) is None
    assert verify(ending, {"hub.mode": "denied", "hub.topic": TOPIC}, ASKING, NOW).forget


def test_a_resting_hub_is_no_failure_of_its_feeds() -> None:
    until = NOW + timedelta(hours=3)
    fresh = postponed(NEW, until, ASKING, NOW)
    assert fresh.state == "wanted" and fresh.token and fresh.failures == 0
    assert until < fresh.next_try < until + timedelta(hours=1)
    assert postponed(VERIFIED, until, ASKING, NOW).state == "verified"
    assert postponed(VERIFIED, NOW + timedelta(days=9), ASKING, NOW).next_try == VERIFIED.expires
    assert postponed(replace(VERIFIED, state="ending"), until, ASKING, NOW).state == "ending"


@pytest.mark.parametrize("state", ["denied", "ending"])
def test_what_is_not_wished_is_not_confirmed(state: str) -> None:
    query = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "c", "hub.lease_seconds": "86400"}
    assert verify(replace(VERIFIED, state=state), query, ASKING, NOW).status == 404  # type: ignore[arg-type]  # one of its words
    assert verify(None, query, ASKING, NOW).status == 404
    assert verify(VERIFIED, query | {"hub.topic": TOPIC + "x"}, ASKING, NOW).status == 404
    assert verify(VERIFIED, {}, ASKING, NOW).status == 404


def test_signatures() -> None:
    def sign(method: str, body: bytes = b"one two") -> str:
        return hmac.new(b"key", body, method).hexdigest()

    for method in ("sha1", "sha256", "sha384", "sha512"):
        assert authentic("key", f"{method}={sign(method)}", [b"one ", b"two"])
        assert authentic("key", f" {method.upper()}={sign(method).upper()} ", [b"one two"])
        assert not authentic("key", f"{method}={sign(method)}", [b"one  two"])
        assert not authentic("kez", f"{method}={sign(method)}", [b"one two"])
        assert not authentic("key", f"{method}={sign(method)[:-1]}", [b"one two"])
    md5 = hmac.new(b"key", b"one two", hashlib.md5).hexdigest()
    for signature in ("", "=", "sha256", "sha256=", "sha256=é\udcff", f"md5={md5}", sign("sha256")):
        assert not authentic("key", signature, [b"one two"])


def test_a_wrong_signature_costs_the_whole_body_too() -> None:
    left = iter([b"a", b"b", b"c"])
    assert not authentic("key", "nonsense", left) and not list(left)


CALLS = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from([202, 204, 302, 400, 404, 429, 500, 0])),
    st.tuples(st.just("subscribe"), st.integers(0, 10**11)),
    st.tuples(st.sampled_from(["unsubscribe", "denied", "publish"]), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 20 * 86400)),
    st.tuples(st.just("rest"), st.integers(1, 86400)),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(CALLS, max_size=30))
def test_whatever_a_hub_does_it_is_asked_rarely_and_its_lease_is_bounded(calls: list[tuple[str, int]]) -> None:
    now, kept, requests = NOW, asked(NEW), 1
    for call, value in calls:
        if call == "wait":
            now += timedelta(seconds=value)
        elif call == "rest" and kept.next_try <= now:
            kept = postponed(kept, now + timedelta(seconds=value), ASKING, now)
        elif call == "ask" and kept.next_try <= now:
            kept, requests = asked(kept, now), requests + 1
            answer: Answer = response(value) if value else Failure("f", "unreachable", "dead")
            after = after_asked(kept, answer, now)
            assert after is not None
            kept = after
        elif call not in ("ask", "wait", "rest"):
            query = {"hub.mode": call, "hub.topic": TOPIC, "hub.challenge": "c", "hub.lease_seconds": str(value)}
            reply = verify(kept, query, ASKING, now)
            assert not reply.forget and reply.status in (200, 404)
            kept = reply.keep or kept
        assert (kept.state == "verified") == (kept.expires is not None)
        assert kept.expires is None or kept.expires <= now + timedelta(seconds=MOST_LEASE)
        assert kept.token == "minted" * 6 and kept.failures >= 0
    # The end of a lease may come right after the last try to renew it: two for each wait.
    assert requests <= 1 + 2 * (now - NOW).total_seconds() / min(FIRST_WAIT, LEAST_LEASE * 0.7)
