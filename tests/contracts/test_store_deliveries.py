"""Promises of store.deliveries on every database: accepted once, posted in order, settled under the lease alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from gordon.bus import Message
from gordon.errors import Conflict, NotFound
from gordon.webhooks import Answered, Delivery, settle
from store.database import Database
from store.deliveries import Deliveries, WebhookState, queues_with_items
from store.outbox import Outbox
from store.prune import prune

NOW = datetime.fromisoformat("2026-11-01T12:00:00+00:00")
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
OK, BAD, GONE = Answered(status=204), Answered(status=500), Answered(status=410)


@pytest.fixture
def store(database: Database) -> Deliveries:
    made = Deliveries(database)
    made.sync({"jira": "a", "crm": "b"}, NOW)
    assert made.lease("me", NOW, 60)
    return made


def event(number: int, issue: str = "one", webhook: str = "jira", created: datetime = NOW) -> Delivery:
    body = f'{{"data":"é {number}"}}'.encode()
    return Delivery(
        webhook=webhook, event=f"e{number}", issue=issue, topic="gordon.queue.q", body=body, created=created
    )


def due(store: Deliveries, now: datetime = NOW, webhook: str = "jira", busy: tuple[str, ...] = ()) -> list[str]:
    return [one.event for one in store.due(webhook, now, 9, busy)]


def settled(store: Deliveries, answer: Answered, now: datetime = NOW, webhook: str = "jira") -> None:
    """The first that is due gets this answer."""
    (first, *_) = store.due(webhook, now, 1)
    assert store.settle("me", [settle(first, answer, now)], [], now)


def state(store: Deliveries, webhook: str = "jira") -> WebhookState:
    return next(one for one in store.states() if one.id == webhook)


def test_an_event_is_accepted_once_for_each_webhook(store: Deliveries) -> None:
    store.accept([event(1), event(1, webhook="crm")])
    store.accept([event(1), event(2, "two")])
    assert due(store) == ["e1", "e2"] and due(store, webhook="crm") == ["e1"]
    (first, _) = store.due("jira", NOW, 9)
    assert replace(first, number=0) == event(1) and first.number > 0


def test_of_an_issue_only_the_first_that_waits_is_due(store: Deliveries) -> None:
    store.accept([event(1), event(2), event(3, "two"), event(4)])
    assert due(store) == ["e1", "e3"] and due(store, busy=("one",)) == ["e3"] and due(store, NOW - SECOND) == []
    settled(store, OK)
    assert sorted(due(store)) == ["e2", "e3"]


def test_what_fails_waits_and_what_follows_waits_with_it(store: Deliveries) -> None:
    store.accept([event(1), event(2), event(3, "two")])
    settled(store, BAD)
    assert due(store) == ["e3"]
    store.accept([event(4)])
    assert due(store) == ["e3"] and due(store, NOW + 4 * SECOND) == ["e3"]
    assert sorted(due(store, NOW + 6 * SECOND)) == ["e1", "e3"]
    found = state(store)
    assert (found.waiting, found.oldest, found.failures, found.last_outcome) == (4, NOW, 1, "failed")
    assert found.last_detail == "HTTP 500" and found.last_try == NOW


def test_the_last_failure_gives_up_and_the_next_event_has_its_turn(store: Deliveries) -> None:
    store.accept([event(1), event(2)])
    now, letter = NOW, Message("gordon.dead", "one", b"{}")
    for attempt in range(10):
        now = NOW + attempt * 2 * DAY
        assert store.lease("me", now, 60)
        (first,) = store.due("jira", now, 9)
        assert (first.event, first.attempts) == ("e1", attempt)
        outcome = settle(first, BAD, now)
        assert outcome.state == ("dead" if attempt == 9 else "waiting")
        assert store.settle("me", [outcome], [letter] if outcome.state == "dead" else [], now)
    assert due(store, now) == ["e2"] and state(store).failures == 10


def test_dead_letters_go_to_the_outbox_with_what_they_are_about(store: Deliveries, database: Database) -> None:
    letter = Message("gordon.dead", "one", b"{}", (("ce_id", b"x"),))
    store.accept([event(1)])
    (first,) = store.due("jira", NOW, 9)
    assert store.settle("me", [settle(replace(first, attempts=9), BAD, NOW)], [letter], NOW)
    assert [row.message for row in Outbox(database).pending("relay", 9)] == [letter]


def test_only_the_holder_of_the_lease_settles(store: Deliveries) -> None:
    store.accept([event(1)])
    (first,) = store.due("jira", NOW, 9)
    done = settle(first, OK, NOW)
    assert not store.lease("other", NOW, 60) and store.lease("other", NOW + 61 * SECOND, 60)
    assert not store.settle("me", [done], [], NOW) and due(store) == ["e1"]
    store.release("me")
    assert not store.lease("me", NOW + 62 * SECOND, 60)
    store.release("other")
    assert not store.settle("other", [done], [], NOW)
    assert store.lease("me", NOW, 60) and store.settle("me", [done], [], NOW) and due(store) == []


def test_a_try_that_was_settled_otherwise_changes_nothing(store: Deliveries) -> None:
    store.accept([event(1)])
    (first,) = store.due("jira", NOW, 9)
    assert store.settle("me", [settle(first, OK, NOW)], [], NOW)
    assert store.settle("me", [settle(first, BAD, NOW)], [], NOW)
    assert due(store, NOW + DAY) == [] and state(store).waiting == 0


def test_gone_sets_the_webhook_aside_and_enable_takes_it_up(store: Deliveries) -> None:
    store.accept([event(1), event(2), event(3, "two")])
    settled(store, GONE)
    assert due(store) == [] and state(store).disabled_at == NOW and state(store).waiting == 3
    assert store.enable("jira", NOW + SECOND) == 3 and state(store).disabled_at is None
    (first, _) = store.due("jira", NOW + SECOND, 9)
    assert (first.event, first.attempts) == ("e1", 0) and state(store).failures == 0
    with pytest.raises(NotFound, match="nobody"):
        store.enable("nobody", NOW)


def test_enable_brings_forward_what_waits_for_its_next_try(store: Deliveries) -> None:
    store.accept([event(1), event(2)])
    settled(store, BAD)
    assert store.enable("jira", NOW) == 2 and due(store) == ["e1"]


def test_a_new_address_enables_and_a_webhook_that_is_missing_keeps_what_waits(store: Deliveries) -> None:
    store.accept([event(1)])
    settled(store, GONE)
    assert store.sync({"jira": "a"}, NOW + DAY) == {"jira": NOW} and due(store) == []
    assert [one.id for one in store.states() if one.wanted] == ["jira"]
    assert store.sync({"jira": "new", "crm": "b"}, NOW + DAY) == {"jira": NOW, "crm": NOW}
    assert state(store).disabled_at is None and due(store) == ["e1"]
    assert store.sync({}, NOW) == {} and state(store).waiting == 1


def test_what_was_given_up_can_be_taken_up_again(store: Deliveries) -> None:
    store.accept([event(1)])
    (first,) = store.due("jira", NOW, 9)
    with pytest.raises(Conflict, match="waits"):
        store.accept_again(event(1))
    assert store.settle("me", [settle(replace(first, attempts=0), OK, NOW)], [], NOW)
    store.accept_again(event(1, created=NOW + DAY))
    assert due(store) == [] and due(store, NOW + DAY) == ["e1"]
    store.accept_again(event(7, "two"))
    assert due(store) == ["e7"]
    with pytest.raises(NotFound, match="elsewhere"):
        store.accept_again(event(8, webhook="elsewhere"))


def test_only_what_is_done_is_forgotten_and_what_waits_for_nobody(store: Deliveries, database: Database) -> None:
    store.accept([event(1), event(2, "two"), event(1, webhook="crm")])
    settled(store, OK)
    assert prune(database, "deliveries", NOW) == 0 and prune(database, "deliveries", NOW + SECOND) == 1
    assert (state(store).waiting, state(store, "crm").waiting) == (1, 1)
    settled(store, GONE)
    store.sync({"jira": "a"}, NOW)
    assert prune(database, "deliveries", NOW) == 0
    assert prune(database, "deliveries", NOW + SECOND) == 2 and [one.waiting for one in store.states()] == [0, 0]


def test_without_items_no_queue_has_any(database: Database) -> None:
    assert queues_with_items(database) == frozenset()
