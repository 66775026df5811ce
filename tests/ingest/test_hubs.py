"""Subscriptions at hubs on loopback, through the real client and the real listener: honest hubs and all the others."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gordon.errors import StoreUnavailable
from gordon.polling import HubSubscription
from ingest.websub import MOST_LEASE
from tests.ingest.hub import Hub, MemoryHubs, call
from tests.ingest.hub_desk import WEEK, Desk
from tests.ingest.origin import Origin

TOPIC = "https://blog.example/feed.xml"


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk() as made:
        yield made


@pytest.fixture
def hub(origin: Origin) -> Hub:
    return Hub(origin)


def subscribed(desk: Desk, hub: Hub) -> HubSubscription:
    desk.store.feeds["f"] = (hub.url, TOPIC)
    desk.turn_until(desk.is_verified)
    return desk.one()


def test_a_feed_with_a_hub_is_subscribed_and_verified(desk: Desk, hub: Hub) -> None:
    kept = subscribed(desk, hub)
    assert hub.forms == [
        {
            "hub.mode": "subscribe",
            "hub.topic": TOPIC,
            "hub.callback": f"{desk.address}/{kept.token}",
            "hub.lease_seconds": "604800",
        }
    ]
    assert kept.expires == desk.now + timedelta(days=7) and kept.failures == 0
    assert desk.now + timedelta(days=4) < kept.next_try < kept.expires
    desk.turn_until(lambda: bool(hub.verified))
    assert hub.verified == [("subscribe", 200, True)]
    desk.rest()
    assert len(hub.forms) == 1


def test_a_hub_may_verify_before_it_answers(desk: Desk, hub: Hub) -> None:
    hub.first = True
    subscribed(desk, hub)
    desk.rest()
    assert desk.is_verified() and len(hub.forms) == 1


def test_a_push_makes_its_feed_due_and_many_pushes_are_one(desk: Desk, hub: Hub) -> None:
    subscribed(desk, hub)
    assert [hub.push() for _ in range(20)] == [202] * 20
    desk.turn_until(lambda: bool(desk.store.nudged))
    desk.rest()
    assert desk.store.nudged == [("f", 60.0)] and desk.one().last_push == desk.now
    assert desk.counted == ["accepted"] * 20


@pytest.fixture
def secure(certificate: Path) -> Iterator[Origin]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "pem", certificate / "key")
    with Origin(tls=context) as server:
        yield server


def test_a_push_of_a_secure_hub_must_be_signed(secure: Origin, certificate: Path) -> None:
    hub = Hub(secure)
    with Desk(ca_file=str(certificate / "pem")) as desk:
        kept = subscribed(desk, hub)
        assert hub.forms[0]["hub.secret"] == kept.secret and kept.secret not in (kept.token, "")
        forged = [hub.push(secret="wrong"), hub.push(secret=""), hub.push(secret=kept.token)]
        assert forged == [202] * 3  # nobody learns from the answer
        desk.rest()
        assert desk.store.nudged == [] and desk.counted == ["forged"] * 3
        for number, method in enumerate(("sha1", "sha256", "sha384", "sha512"), 1):
            assert hub.push(b"x" * 300_000, method=method) == 202
            desk.turn_until(lambda count=number: len(desk.store.nudged) == count)  # type: ignore[misc]  # bound early
        assert hub.push(method="md5") == 202
        assert desk.counted[3:] == ["accepted"] * 4 + ["forged"]


def test_a_plain_hub_is_told_no_secret(desk: Desk, hub: Hub) -> None:
    kept = subscribed(desk, hub)
    assert "hub.secret" not in hub.forms[0]
    assert kept.secret not in str(desk.store.nudged) and hub.push() == 202


def test_a_lease_is_renewed_before_it_ends(desk: Desk, hub: Hub) -> None:
    first = subscribed(desk, hub)
    assert first.expires is not None
    desk.now = first.next_try
    desk.turn_until(lambda: len(hub.verified) == 2)
    assert desk.is_verified() and desk.one().token == first.token
    assert desk.one().expires == desk.now + timedelta(days=7)


def test_while_a_renewal_fails_the_subscription_lasts_and_then_it_is_over(desk: Desk, hub: Hub) -> None:
    first = subscribed(desk, hub)
    hub.status, hub.behave = 500, lambda form: None
    desk.now = first.next_try
    desk.turn_until(lambda: "500" in desk.one().detail)
    assert desk.is_verified() and desk.one().failures == 1
    assert first.expires is not None
    for _ in range(20):
        desk.now = min(desk.one().next_try, first.expires)
        desk.rest(10)
        if desk.now == first.expires:
            break
        assert desk.is_verified()
    assert desk.one().state in ("asked", "wanted") and desk.one().expires is None
    assert len(hub.forms) < 20


def test_a_hub_that_dies_is_asked_ever_more_rarely(desk: Desk, hub: Hub) -> None:
    hub.status, hub.behave = 503, lambda form: None
    desk.store.feeds["f"] = (hub.url, TOPIC)
    for _ in range(10 * 8):
        desk.rest(4)
        desk.later(3 * 3600)
    assert 8 < len(hub.forms) < 18  # of ten days
    assert desk.one().state == "wanted" and "503" in desk.one().detail
    hub.status, hub.behave = 202, None
    desk.later(2 * 86400)
    desk.turn_until(desk.is_verified)


def test_a_hub_that_is_not_there_costs_one_request_for_all_its_feeds(desk: Desk, origin: Origin) -> None:
    dead, alive = Hub(origin, path="/dead"), Hub(origin)
    with Origin(host="127.0.0.2") as other:
        url = other.url("/hub")
    desk.store.feeds |= {f"d{number}": (url, f"{TOPIC}?{number}") for number in range(100)}
    desk.rest(40)
    assert all(kept.state != "verified" and kept.next_try > desk.now for kept in desk.store.kept.values())
    tried = [kept for kept in desk.store.kept.values() if kept.failures]
    assert len(desk.store.kept) == 100 and len(tried) <= 4
    desk.store.feeds["f"] = (alive.url, TOPIC)
    desk.turn_until(desk.is_verified)
    assert not dead.forms


def test_a_hub_that_never_verifies(desk: Desk, hub: Hub) -> None:
    hub.behave = lambda form: None
    desk.store.feeds["f"] = (hub.url, TOPIC)
    for _ in range(10 * 8):
        desk.rest(3)
        desk.later(3 * 3600)
    assert desk.one().state == "asked" and 5 < len(hub.forms) < 25
    assert len({form["hub.callback"] for form in hub.forms}) == 1


@pytest.mark.parametrize(
    "lie",
    [
        {"topic": "https://other.example/feed"},
        {"mode": "unsubscribe"},
        {"mode": "publish"},
        {"challenge": ""},
        {"challenge": "x" * 5000},
        {"lease_seconds": "1"},
        {"lease_seconds": "0"},
    ],
    ids=str,
)
def test_a_hub_that_verifies_something_else_is_refused(desk: Desk, hub: Hub, lie: dict[str, str]) -> None:
    told: list[tuple[int, bytes]] = []
    hub.behave = lambda form: told.append(hub.verify(form, **lie))
    desk.store.feeds["f"] = (hub.url, TOPIC)
    desk.turn_until(lambda: bool(told))
    assert told == [(404, b"")] and not desk.is_verified()
    desk.rest()
    assert len(hub.forms) == 1
    assert hub.push() == 404 and desk.counted == ["unknown"]


def test_a_lease_of_a_second_is_no_reason_to_hurry(desk: Desk, hub: Hub) -> None:
    hub.lease = "1"
    desk.store.feeds["f"] = (hub.url, TOPIC)
    desk.turn_until(lambda: "f" in desk.store.kept and desk.one().state == "denied")
    for _ in range(6 * 24):
        desk.rest(2)
        desk.later(3600)
    assert len(hub.forms) == 1 and "1 s" in desk.one().detail


@pytest.mark.parametrize("lease", ["31536000000", "9" * 5000, "٣", "-5", "soon", ""])
def test_a_lease_of_a_thousand_years_or_of_nonsense_is_bounded(desk: Desk, hub: Hub, lease: str) -> None:
    hub.lease = lease
    kept = subscribed(desk, hub)
    expected = MOST_LEASE if lease[0:1].isdecimal() and lease.isascii() else WEEK
    assert kept.expires == desk.now + timedelta(seconds=expected)


def test_a_denial_is_believed_for_a_week(desk: Desk, hub: Hub) -> None:
    hub.behave = hub.deny
    desk.store.feeds["f"] = (hub.url, TOPIC)
    desk.turn_until(lambda: "f" in desk.store.kept and desk.one().state == "denied")
    desk.later(6 * 86400)
    desk.rest()
    assert len(hub.forms) == 1
    hub.behave = None
    desk.later(2 * 86400)
    desk.turn_until(desk.is_verified)


def test_a_verified_subscription_may_be_denied_later(desk: Desk, hub: Hub) -> None:
    kept = subscribed(desk, hub)
    assert hub.deny(hub.forms[0] | {"hub.topic": "https://other.example/"}) == (404, b"")
    assert desk.is_verified()
    assert hub.deny(hub.forms[0])[0] == 200
    assert desk.one().state == "denied" and desk.one().expires is None and desk.one().token == kept.token


def test_a_feed_that_names_another_hub_leaves_the_old_one(desk: Desk, origin: Origin, hub: Hub) -> None:
    old = subscribed(desk, hub)
    other = Hub(origin, path="/other")
    desk.store.feeds["f"] = (other.url, TOPIC)
    desk.turn_until(lambda: desk.is_verified() and desk.one().hub == other.url)
    assert [form["hub.mode"] for form in hub.forms] == ["subscribe", "unsubscribe"]
    assert hub.verified[-1] == ("unsubscribe", 200, True)
    assert desk.one().token != old.token and hub.push() == 404


def test_a_retired_feed_is_unsubscribed_and_forgotten(desk: Desk, hub: Hub) -> None:
    subscribed(desk, hub)
    assert hub.verify(hub.forms[0] | {"hub.mode": "unsubscribe"})[0] == 404  # nobody else can have us unsubscribed
    del desk.store.feeds["f"]
    desk.turn_until(lambda: not desk.store.kept)
    assert hub.forms[-1]["hub.mode"] == "unsubscribe" and hub.forms[-1]["hub.callback"] == hub.forms[0]["hub.callback"]
    assert "hub.secret" not in hub.forms[-1] and "hub.lease_seconds" not in hub.forms[-1]
    desk.turn_until(lambda: len(hub.verified) == 3)
    assert hub.verified[-1] == ("unsubscribe", 200, True)


@pytest.mark.parametrize("status, most", [(202, 3), (500, 3), (404, 1)])
def test_a_farewell_that_nobody_hears_is_tried_a_few_times(desk: Desk, hub: Hub, status: int, most: int) -> None:
    subscribed(desk, hub)
    hub.status, hub.behave = status, lambda form: None
    del desk.store.feeds["f"]
    for _ in range(3 * 24):
        desk.rest(3)
        desk.later(3600)
    assert not desk.store.kept and len(hub.forms) == 1 + most


def test_the_wish_of_a_hub_to_wait_counts(desk: Desk, hub: Hub) -> None:
    hub.behave = lambda form: None
    hub.origin.answers["/hub"] = b"HTTP/1.1 429 No\r\nRetry-After: 80000\r\nContent-Length: 0\r\n\r\n"
    desk.store.feeds["f"] = (hub.url, TOPIC)
    desk.turn_until(lambda: "f" in desk.store.kept and "429" in desk.one().detail)
    assert desk.one().next_try == desk.now + timedelta(seconds=80_000)


def test_only_the_leader_asks_and_everybody_listens(desk: Desk, hub: Hub) -> None:
    desk.leads = False
    desk.store.feeds["f"] = (hub.url, TOPIC)
    desk.rest()
    assert not hub.forms
    desk.leads = True
    desk.turn_until(desk.is_verified)
    desk.leads = False
    assert hub.push() == 202
    desk.turn_until(lambda: bool(desk.store.nudged))


def test_a_private_address_is_not_asked_even_when_a_feed_names_it(desk: Desk) -> None:
    desk.store.feeds["f"] = ("http://10.0.0.1/hub", TOPIC)
    desk.turn_until(lambda: "f" in desk.store.kept and bool(desk.one().detail))
    assert "not a public address" in desk.one().detail


class Flaky(MemoryHubs):
    """Away when told so."""

    away = False

    def hub_by_token(self, token: str) -> HubSubscription | None:
        if self.away:
            raise StoreUnavailable("away")
        return super().hub_by_token(token)


def test_a_store_that_is_away_loses_neither_answers_nor_pushes(hub: Hub) -> None:
    store = Flaky()
    with Desk(store=store) as desk:
        subscribed(desk, hub)
        assert hub.push() == 202
        store.away = True
        with pytest.raises(StoreUnavailable):
            desk.rest()
        assert hub.push() == 503 and hub.verify(hub.forms[0])[0] == 503
        hub.status, hub.first, hub.behave = 500, True, lambda form: setattr(store, "away", True)
        store.away, desk.now = False, desk.one().next_try
        until = time.monotonic() + 10
        with pytest.raises(StoreUnavailable):
            while time.monotonic() < until:
                desk.keeper.turn(0.01)
        assert len(hub.forms) == 2
        store.away = False
        desk.turn_until(lambda: "500" in desk.one().detail)
        assert store.nudged == [("f", 60.0)]


def test_a_push_right_after_another_is_passed_on_when_the_least_interval_is_over(desk: Desk, hub: Hub) -> None:
    subscribed(desk, hub)
    assert hub.push() == 202
    desk.turn_until(lambda: len(desk.store.nudged) == 1)
    assert hub.push() == 202
    desk.rest(5)
    assert len(desk.store.nudged) == 1
    desk.turn_until(lambda: len(desk.store.nudged) == 2)


def test_the_last_pushes_are_passed_on_at_the_end(desk: Desk, hub: Hub) -> None:
    subscribed(desk, hub)
    assert hub.push() == 202
    desk.keeper.close()
    assert desk.store.nudged == [("f", 60.0)]


def test_a_flood_of_calls_reaches_no_feed(desk: Desk, hub: Hub) -> None:
    kept = subscribed(desk, hub)
    for number in range(200):
        token = kept.token[:-3] + f"{number:03}"
        assert call(f"{desk.address}/{token}", b"<feed/>")[0] == 404
    desk.rest()
    assert desk.store.nudged == [] and desk.is_verified()
    assert set(desk.counted) == {"unknown"}


def test_neither_token_nor_secret_is_shown_anywhere(desk: Desk, hub: Hub, capfd: pytest.CaptureFixture[str]) -> None:
    kept = subscribed(desk, hub)
    hub.push()
    call(f"{desk.address}/{kept.token}?hub.mode=subscribe&hub.topic=x&hub.challenge={kept.token}")
    hub.status, hub.behave = 500, hub.deny
    desk.now = kept.next_try
    desk.turn_until(lambda: desk.one().state == "denied")
    desk.rest()
    shown = "".join(capfd.readouterr()) + desk.one().detail
    assert "hub has called" in shown and "denied" in shown
    assert kept.token not in shown and kept.secret not in shown
