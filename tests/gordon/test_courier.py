"""The courier against receivers on loopback that fail in every way (cases W19 and W20): in order, by schedule, by one
at a time, and nobody waits for anybody else's receiver."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretBytes
from standardwebhooks import Webhook as Verifier

from gordon.app.courier import AT_ONCE, LEASE, Courier, posting
from gordon.app.hooks import Hook
from gordon.desk.webhooks import SecretSource, Webhook
from gordon.errors import StoreUnavailable
from gordon.events import Dead
from gordon.settings import Http
from gordon.webhooks import Delivery, Settled, body_of, key_of
from ingest.client import Client
from store.database import Database
from store.deliveries import Deliveries, WebhookState
from store.outbox import Outbox
from tests.databases import new_sqlite
from tests.gordon.webhook_samples import OTHER, SECRET, assigned
from tests.ingest.origin import Answer, Asked, Origin, Script, reply

LOOPBACK = Http(allow_networks=("127.0.0.0/8",), deadline=20.0)


class Notes:
    def __init__(self) -> None:
        self.tries: list[Settled] = []
        self.troubles: list[Exception] = []

    def settled(self, settled: Sequence[Settled]) -> None:
        self.tries += settled

    def well(self) -> None:
        """Nobody asks."""

    def waiting(self, error: Exception) -> None:
        self.troubles.append(error)


class Post:
    """A courier whose clock jumps: ``until`` lets it work until something holds, ``later`` moves the clock."""

    def __init__(self, database: Database, origin: Origin, http: Http = LOOPBACK, owner: str = "me") -> None:
        self.origin, self.notes, self.store, self.database = origin, Notes(), Deliveries(database), database
        self.ahead = timedelta()
        self.courier = Courier(
            self.store, http, owner=owner, dead_topic="gordon.dead", observer=self.notes, now=self.now
        )
        self.client = Client(posting(http), clock=time.monotonic)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def later(self, **span: float) -> None:
        self.ahead += timedelta(**span)
        self.courier.wake()

    def hooks(self, *ids: str, url: str = "", keys: Sequence[str] = (SECRET,)) -> None:
        """These webhooks lead to /<id> of the origin."""
        made = [Webhook(id=id, url=url or self.origin.url(f"/{id}"), secrets=(SecretSource(env="A"),)) for id in ids]
        self.store.sync({hook.id: hook.url for hook in made}, self.now())
        self.courier.use([Hook(hook, tuple(SecretBytes(key_of(key)) for key in keys)) for hook in made])

    def accept(self, webhook: str, *events: tuple[str, str]) -> None:
        """Events, each with its issue."""
        found = [assigned(id, issue) for id, issue in events]
        self.store.accept([
            Delivery(webhook=webhook, event=one.id, issue=one.key, topic=one.topic, body=body_of(one),
                     created=self.now())
            for one in found
        ])  # fmt: skip
        self.courier.wake()

    def until(self, what: Callable[[], bool], seconds: float = 120.0) -> None:
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, self.notes.tries
            self.courier.turn(self.client)
            time.sleep(0.005)

    def tried(self, count: int) -> list[tuple[str, str]]:
        """Lets it work until there were so many tries; their events and outcomes."""
        self.until(lambda: len(self.notes.tries) >= count)
        return [(one.delivery.event, one.outcome) for one in self.notes.tries]

    def state(self, webhook: str = "a") -> WebhookState:
        return next(state for state in self.store.states() if state.id == webhook)

    def posted(self, path: str = "/a") -> list[str]:
        """The ids that a receiver has got, in order."""
        return [asked.headers["webhook-id"] for asked in self.origin.asked(path)]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = new_sqlite(tmp_path / "gordon.db")
    yield made
    made.close()


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


@pytest.fixture
def post(database: Database, origin: Origin) -> Iterator[Post]:
    made = Post(database, origin)
    yield made
    made.client.close()


def in_turn(*answers: Answer) -> Callable[[Asked], bytes | Script]:
    """Each request gets the next answer; the last one stays."""
    left = list(answers)

    def answer(asked: Asked) -> bytes | Script:
        now = left.pop(0) if len(left) > 1 else left[0]
        return now if isinstance(now, bytes) else now(asked)

    return answer


def test_a_post_is_a_signed_cloud_event(post: Post, origin: Origin) -> None:
    origin.answers["/a"] = reply("thanks", 202)
    post.hooks("a", keys=(SECRET, OTHER))
    post.accept("a", ("e1", "i1"))
    assert post.tried(1) == [("e1", "delivered")]
    (asked,) = origin.requests
    assert asked.method == "POST" and asked.headers["content-type"] == "application/cloudevents+json"
    assert asked.headers["user-agent"].startswith("Gordon/")
    for secret in (SECRET, OTHER):
        event = Verifier(secret).verify(asked.body, dict(asked.headers))
        assert (event["id"], event["type"], event["data"]["issue"]) == ("e1", "gordon.assigned.v1", "i1")
    assert post.state().waiting == 0 and post.state().last_outcome == "delivered"


def test_after_a_500_it_is_tried_again_under_the_same_id_and_a_new_time(post: Post, origin: Origin) -> None:
    origin.answers["/a"] = in_turn(reply(status=500), reply())
    post.hooks("a")
    post.accept("a", ("e1", "i1"))
    assert post.tried(1) == [("e1", "failed")]
    post.later(seconds=4)
    post.courier.turn(post.client)
    assert len(origin.requests) == 1
    post.later(seconds=2)
    assert post.tried(2)[1] == ("e1", "delivered") and post.posted() == ["e1", "e1"]
    first, second = origin.requests
    assert first.body == second.body
    assert int(second.headers["webhook-timestamp"]) >= int(first.headers["webhook-timestamp"]) + 6


def test_retry_after_is_heard(post: Post, origin: Origin) -> None:
    origin.answers["/a"] = in_turn(reply(status=429, headers={"Retry-After": "3600"}), reply())
    post.hooks("a")
    post.accept("a", ("e1", "i1"))
    post.tried(1)
    assert post.notes.tries[0].next_try > post.now() + timedelta(minutes=59)


def test_redirects_are_not_followed(post: Post, origin: Origin) -> None:
    origin.answers["/a"] = in_turn(
        reply("x" * 99, 301, {"Location": "/b"}), reply(status=307, headers={"Location": "/b"}), reply()
    )
    post.hooks("a")
    post.accept("a", ("e1", "i1"))
    assert post.tried(1) == [("e1", "redirected")] and "correct the url" in post.state().last_detail
    post.later(minutes=1)
    assert post.tried(2)[1] == ("e1", "redirected") and not origin.asked("/b")
    post.later(hours=1)
    assert post.tried(3)[2] == ("e1", "delivered")


def test_410_sets_the_webhook_aside_until_somebody_enables_it(post: Post, origin: Origin) -> None:
    origin.answers["/a"] = in_turn(reply(status=410), reply())
    post.hooks("a")
    post.accept("a", ("e1", "i1"))
    assert post.tried(1) == [("e1", "gone")] and post.state().disabled_at
    post.accept("a", ("e2", "i2"))
    post.later(days=9)
    for _ in range(3):
        post.courier.turn(post.client)
    assert len(origin.requests) == 1 and post.state().waiting == 2
    post.store.enable("a", post.now())
    post.courier.wake()
    assert sorted(post.tried(3)[1:]) == [("e1", "delivered"), ("e2", "delivered")]


def test_a_private_address_is_refused_unless_it_is_allowed(database: Database, origin: Origin) -> None:
    post = Post(database, origin, Http())
    post.hooks("a", url=origin.url("/a"))
    post.accept("a", ("e1", "i1"))
    assert post.tried(1) == [("e1", "blocked")] and "not a public address" in post.state().last_detail
    post.client.close()
    assert origin.connections == 0


def test_a_receiver_that_is_down_is_tried_again(post: Post, database: Database) -> None:
    with Origin() as once:
        port = once.port
    post.hooks("a", url=f"http://127.0.0.1:{port}/a")
    post.accept("a", ("e1", "i1"))
    assert post.tried(1) == [("e1", "unreachable")] and "does not accept connections" in post.state().last_detail
    with Origin(port=port) as back:
        back.answers["/a"] = reply()
        post.later(seconds=6)
        assert post.tried(2)[1] == ("e1", "delivered")


def test_answers_that_break_off_or_take_too_long_are_failures(database: Database, origin: Origin) -> None:
    post = Post(database, origin, LOOPBACK.model_copy(update={"deadline": 0.5}))
    origin.answers["/a"] = lambda asked: iter([30.0, reply()])
    origin.answers["/b"] = lambda asked: iter([b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"])
    origin.answers["/c"] = reply(b"x" * 2_000_000)
    post.hooks("a", "b", "c")
    for id in "abc":
        post.accept(id, ("e1", "i1"))
    assert {outcome for _, outcome in post.tried(3)} == {"unreachable"}
    assert "longer than the deadline" in post.state("a").last_detail
    post.client.close()


def test_a_later_event_of_an_issue_waits_for_the_earlier_one(post: Post, origin: Origin) -> None:
    origin.answers["/a"] = in_turn(reply(status=503), reply())
    post.hooks("a")
    post.accept("a", ("e1", "i1"), ("e2", "i1"))
    post.tried(1)
    post.accept("a", ("e3", "i1"), ("e4", "i2"))
    post.tried(2)
    assert post.posted() == ["e1", "e4"]
    post.later(seconds=6)
    post.tried(5)
    assert post.posted() == ["e1", "e4", "e1", "e2", "e3"]


def test_what_is_given_up_becomes_a_dead_letter_and_its_issue_goes_on(post: Post, origin: Origin) -> None:
    origin.answers["/a"] = reply(status=500)
    post.hooks("a")
    post.accept("a", ("e1", "i1"), ("e2", "i1"))
    for attempt in range(1, 10):
        post.tried(attempt)
        post.later(days=1.2)
    origin.answers["/a"] = in_turn(reply(status=500), reply())
    assert [event for event, _ in post.tried(11)] == ["e1"] * 10 + ["e2"]
    (row,) = Outbox(post.database).pending("relay", 9)
    letter = json.loads(row.message.value)
    assert (letter["reason"], letter["attempts"], letter["headers"]["webhook"]) == ("undeliverable", 10, "a")
    assert set(letter) <= set(Dead.__struct_fields__) and row.message.topic == "gordon.dead"


def test_slow_and_dead_receivers_hold_up_nobody_else(post: Post, origin: Origin) -> None:
    origin.answers["/slow"] = lambda asked: iter([60.0, reply()])
    origin.answers["/quick"] = reply()
    post.hooks("slow", "quick")
    post.accept("slow", *((f"s{number}", f"i{number}") for number in range(20)))
    post.accept("quick", *((f"q{number}", f"i{number}") for number in range(50)))
    post.until(lambda: len(post.posted("/quick")) == 50)
    assert len(post.posted("/slow")) == AT_ONCE


def test_posts_to_one_webhook_go_out_side_by_side_but_not_of_one_issue(post: Post, origin: Origin) -> None:
    origin.answers["/a"] = lambda asked: iter([60.0, reply()])
    post.hooks("a")
    post.accept("a", ("e1", "i1"), ("e2", "i1"), ("e3", "i2"), ("e4", "i2"), ("e5", "i3"))
    post.until(lambda: len(post.posted()) == 3)
    post.later(seconds=2)
    for _ in range(3):
        post.courier.turn(post.client)
    assert sorted(post.posted()) == ["e1", "e3", "e5"]


def test_two_couriers_do_not_both_post(post: Post, origin: Origin) -> None:
    other = Post(post.database, origin, owner="other")
    origin.answers["/a"] = reply()
    for one in (post, other):
        one.hooks("a")
    post.accept("a", *((f"e{number}", f"i{number}") for number in range(9)))
    other.courier.wake()
    post.courier.turn(post.client)
    for _ in range(5):
        other.courier.turn(other.client)
    post.tried(9)
    assert sorted(post.posted()) == sorted(f"e{number}" for number in range(9)) and not other.notes.tries
    post.accept("a", ("late", "i1"))
    other.later(seconds=2 * LEASE)
    assert other.tried(1) == [("late", "delivered")]
    other.client.close()


def test_what_was_posted_and_not_noted_is_posted_again_under_the_same_id(post: Post, origin: Origin) -> None:
    origin.answers["/a"] = reply()
    post.hooks("a")
    post.accept("a", ("e1", "i1"))
    heir = Post(post.database, origin, owner="heir")
    heir.hooks("a")
    post.courier.turn(post.client)
    assert post.store.lease("heir", post.now() + timedelta(seconds=2 * LEASE), 3 * LEASE)
    for _ in range(5):
        post.courier.turn(post.client)
        time.sleep(0.05)
    assert not post.notes.tries
    assert heir.tried(1) == [("e1", "delivered")] and set(post.posted()) == {"e1"}
    heir.client.close()


def test_while_the_database_is_away_nothing_is_lost(post: Post, origin: Origin) -> None:
    class Away(Deliveries):
        away = False

        def settle(self, *arguments: object) -> bool:  # type: ignore[override]  # hands everything on
            if self.away:
                raise StoreUnavailable("away")
            return super().settle(*arguments)  # type: ignore[arg-type]  # the same arguments

    store = Away(post.database)
    post.courier = Courier(store, LOOPBACK, owner="me", dead_topic="gordon.dead", observer=post.notes, now=post.now)
    origin.answers["/a"] = reply()
    post.hooks("a")
    post.accept("a", ("e1", "i1"), ("e2", "i1"))
    store.away = True
    with pytest.raises(StoreUnavailable):
        post.tried(1)
    store.away = False
    assert post.tried(2) == [("e1", "delivered"), ("e2", "delivered")] and post.posted() == ["e1", "e2"]


def test_the_thread_works_until_it_is_told_to_stop_and_gives_the_lease_back(post: Post, origin: Origin) -> None:
    origin.answers["/a"] = lambda asked: iter([0.3, reply()])
    post.hooks("a")
    post.accept("a", ("e1", "i1"))
    post.courier.run(lambda: len(origin.requests) > 0)
    assert [one.outcome for one in post.notes.tries] == ["delivered"] and not post.notes.troubles
    assert post.store.lease("other", post.now(), 1)
