"""Promises of HubStore: on every database, and kept by the store in memory that the tests of push use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from gordon.polling import HubSubscription
from gordon.ports import HubStore
from store.database import Database
from store.feeds import feeds
from store.hubs import Hubs
from store.ingest import Ingest
from tests.contracts.store_samples import LATER, NOW, due, feed, polled, record
from tests.ingest.hub import MemoryHubs

HUB, TOPIC = "https://hub.example/à", "https://blog-1.example/feed"
SECOND = timedelta(seconds=1)
Names = Callable[[dict[int, tuple[str, str]]], None]


@pytest.fixture
def ingest(database: Database) -> Ingest:
    return Ingest(database)


@pytest.fixture
def names(ingest: Ingest) -> Names:
    """Makes the feeds of these numbers the subscriptions, naming these hubs and topics."""

    def name(hubs: dict[int, tuple[str, str]]) -> None:
        ingest.sync_feeds([feed(number) for number in hubs], NOW)
        for number, (hub, topic) in hubs.items():
            record(ingest, polled(number, hub=hub, topic=topic))

    return name


@pytest.fixture(params=["database", "memory"])
def kinds(request: pytest.FixtureRequest, database: Database, names: Names) -> tuple[HubStore, Names]:
    """A store of hubs, and how feeds name theirs; once more in memory, where the database is not looked at."""
    if request.param == "database":
        return Hubs(database), names
    memory = MemoryHubs()

    def name(hubs: dict[int, tuple[str, str]]) -> None:
        memory.feeds = {f"blog-{number}": pair for number, pair in hubs.items()}

    return memory, name


def subscription(number: int = 1, **news: object) -> HubSubscription:
    row = {"feed": f"blog-{number}", "hub": HUB, "topic": TOPIC, "token": f"token-{number}", "secret": "s3cret"}
    row |= {"state": "verified", "next_try": NOW + SECOND, "expires": LATER, "last_push": NOW, "detail": "très bien"}
    return HubSubscription(**(row | news))  # type: ignore[arg-type]  # a dict of mixed values


def due_feeds(store: HubStore, now: datetime, most: int = 9) -> list[tuple[str, str]]:
    return [(one.feed, one.state) for one in store.hubs_due(now, most)]


def test_a_feed_that_names_a_hub_wants_a_subscription(kinds: tuple[HubStore, Names]) -> None:
    store, names = kinds
    assert store.hubs_due(NOW, 9) == []
    names({1: (HUB, TOPIC), 2: ("", "")})
    wanted = HubSubscription(feed="blog-1", hub=HUB, topic=TOPIC, token="", secret="", state="wanted", next_try=NOW)
    assert store.hubs_due(NOW, 9) == [wanted]
    names({1: (HUB, TOPIC), 2: (HUB, "t2"), 3: (HUB, "t3")})
    assert due_feeds(store, NOW, 2) == [("blog-1", "wanted"), ("blog-2", "wanted")]


def test_a_subscription_comes_back_as_it_was_kept_when_its_time_has_come(kinds: tuple[HubStore, Names]) -> None:
    store, names = kinds
    names({1: (HUB, TOPIC)})
    for state in ("asked", "verified", "denied"):
        kept = subscription(state=state, failures=3)
        store.put_hub(kept)
        assert store.hubs_due(NOW, 9) == []
        assert store.hubs_due(NOW + SECOND, 9) == [kept]
        assert store.hub_by_token("token-1") == kept
    store.put_hub(replace(kept, token="other"))
    assert store.hub_by_token("token-1") is None and store.hub_by_token("") is None
    store.drop_hub("blog-1")
    store.drop_hub("nobody")
    assert store.hub_by_token("other") is None
    assert due_feeds(store, NOW) == [("blog-1", "wanted")]


@pytest.mark.parametrize("change", [{}, {1: ("", "")}, {1: ("https://other.example/", TOPIC)}, {1: (HUB, "other")}])
def test_what_a_feed_names_no_more_is_ended_first(
    kinds: tuple[HubStore, Names], change: dict[int, tuple[str, str]]
) -> None:
    store, names = kinds
    names({1: (HUB, TOPIC)})
    store.put_hub(subscription())
    assert store.hubs_due(NOW, 9) == []
    names(change)
    assert store.hubs_due(NOW, 9) == [subscription(state="ending")], "at once"
    assert store.hub_by_token("token-1") == subscription()
    ending = subscription(state="ending", next_try=NOW + 9 * SECOND)
    store.put_hub(ending)
    assert store.hubs_due(NOW + 8 * SECOND, 9) == [], "and then not before its next try"
    assert store.hubs_due(NOW + 9 * SECOND, 9) == [ending]
    store.drop_hub("blog-1")
    (hub, topic) = change.get(1, ("", ""))
    assert [(one.hub, one.topic, one.state) for one in store.hubs_due(NOW, 9)] == [(hub, topic, "wanted")] * bool(hub)


def test_the_number_at_once_is_bounded(kinds: tuple[HubStore, Names]) -> None:
    store, names = kinds
    names({number: (HUB, TOPIC) for number in range(1, 7)})
    for number in (1, 2, 3):
        store.put_hub(subscription(number))
    assert [len(store.hubs_due(LATER, most)) for most in (1, 4, 9)] == [1, 4, 6]


def test_the_longest_due_come_first(ingest: Ingest, database: Database, names: Names) -> None:
    names({number: (HUB, TOPIC) for number in (1, 2, 3)})
    for number, seconds in ((1, 3), (2, 1), (3, 2)):
        Hubs(database).put_hub(subscription(number, next_try=NOW + seconds * SECOND))
    assert [feed for feed, _ in due_feeds(Hubs(database), LATER, 2)] == ["blog-2", "blog-3"]


def test_a_verified_subscription_is_known_to_polling(ingest: Ingest, database: Database, names: Names) -> None:
    names({1: (HUB, TOPIC), 2: (HUB, TOPIC)})
    store = Hubs(database)

    def pushed() -> list[bool]:
        return [state.pushed for _, state in feeds(database)]

    for state in ("asked", "verified", "denied", "verified", "ending", "verified"):
        store.put_hub(subscription(state=state))
        assert pushed() == [state == "verified", False]
    record(ingest, polled(1, LATER, hub=HUB, topic=TOPIC))
    assert pushed() == [True, False] and [state.pushed for state in due(ingest)] == [True, False], "no poll unsets it"
    store.put_hub(subscription(2))
    assert store.by_state() == {"verified": 2}
    store.drop_hub("blog-1")
    assert pushed() == [False, True] and store.by_state() == {"verified": 1}


def test_a_stopped_feed_gives_up_its_hub(ingest: Ingest, database: Database, names: Names) -> None:
    names({1: (HUB, TOPIC), 2: (HUB, TOPIC)})
    store = Hubs(database)
    store.put_hub(subscription())
    for number in (1, 2):
        record(ingest, polled(number, LATER, hub=HUB, topic=TOPIC, stopped=True))
    assert due_feeds(store, NOW) == [("blog-1", "ending")]


def test_a_feed_whose_address_changes_gives_up_its_hub(ingest: Ingest, database: Database, names: Names) -> None:
    names({1: (HUB, TOPIC)})
    Hubs(database).put_hub(subscription())
    ingest.sync_feeds([feed(1, url="https://neu.example/")], LATER)
    assert due_feeds(Hubs(database), NOW) == [("blog-1", "ending")]


def test_a_nudge_makes_a_feed_due_but_not_too_often(ingest: Ingest, database: Database, names: Names) -> None:
    store = Hubs(database)
    ingest.sync_feeds([feed(2)], LATER)
    assert store.nudge("blog-2", NOW, 60.0)
    assert ingest.next_due(NOW) == NOW, "it has never been polled"
    names({1: (HUB, TOPIC)})
    before = polled(1).next_due
    assert store.nudge("blog-1", before + SECOND, 60.0)
    assert ingest.next_due(NOW) == before, "never later than it was due"
    assert store.nudge("blog-1", NOW + 10 * SECOND, 60.0)
    assert ingest.next_due(NOW) == NOW + 60 * SECOND
    assert store.nudge("blog-1", NOW + 50 * SECOND, 20.0)
    assert ingest.next_due(NOW) == NOW + 50 * SECOND
    assert store.nudge("blog-1", NOW + 70 * SECOND, 20.0)
    assert ingest.next_due(NOW) == NOW + 50 * SECOND


def test_who_is_not_polled_is_not_nudged(ingest: Ingest, database: Database, names: Names) -> None:
    names({1: (HUB, TOPIC), 2: (HUB, TOPIC)})
    record(ingest, polled(1, LATER, stopped=True))
    ingest.sync_feeds([feed(1)], LATER)
    assert [Hubs(database).nudge(f"blog-{number}", NOW, 0.0) for number in (1, 2, 3)] == [False, False, False]
    assert ingest.next_due(NOW) is None
