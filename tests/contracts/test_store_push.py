"""Push over a real database: from a poll that finds a hub to a feed that is due because its hub has called."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from gordon.app.daemon import utc_now
from gordon.app.websub import Hubs
from gordon.metrics import Metrics
from gordon.polling import Feed, FeedState, Polled
from gordon.settings import Http, Settings, WebSub
from store.database import Database
from store.hubs import Hubs as HubStore
from store.ingest import Ingest
from store.outbox import Outbox
from tests.ingest.hub import Hub
from tests.ingest.origin import Origin, wait_for
from tests.servers.ports import free_ports

TOPIC = "https://blog.example/feed.xml"


def poll(store: Ingest, **news: object) -> FeedState:
    """Polls the one feed, which is due, and leaves it due in an hour."""
    now = utc_now()
    claims = store.claim("me", now, now + timedelta(minutes=1), 10)
    assert claims and len(claims) == 1
    (state,) = claims[0].feeds
    state = replace(state, last_poll=now, next_due=now + timedelta(hours=1), **news)
    done = store.record("me", now, [Polled(host=claims[0].host.host, state=state)], [claims[0].host])
    assert not done.refused and not done.broken
    store.release("me", None)
    return state


def test_from_a_feed_that_names_a_hub_to_a_poll_that_the_hub_causes(database: Database) -> None:
    store, hubs = Ingest(database), HubStore(database)
    store.sync_feeds([Feed(id="f", url=TOPIC)], utc_now())
    (port,) = free_ports(1)
    push = WebSub(callback=f"http://127.0.0.1:{port}/hub", port=port, least_interval=0.0)
    settings = Settings(http=Http(allow_networks=("127.0.0.0/8",)), websub=push)
    with Origin() as origin, Origin(host="127.0.0.2") as elsewhere:
        hub, other = Hub(origin), Hub(elsewhere)
        poll(store, hub=hub.url, topic=TOPIC)
        with Hubs(Metrics("ingest"), settings, hubs, Outbox(database)):
            assert wait_for(lambda: hubs.by_state() == {"verified": 1})
            assert store.next_due(utc_now()) > utc_now() + timedelta(minutes=50)  # type: ignore[operator]  # there is one
            assert hub.push() == 202
            assert wait_for(lambda: store.next_due(utc_now()) <= utc_now())  # type: ignore[operator]  # there is one
            assert poll(store, hub=other.url).pushed
            assert wait_for(lambda: other.verified == [("subscribe", 200, True)])
            assert hub.verified[-1] == ("unsubscribe", 200, True) and hub.push() == 404
            store.sync_feeds([], utc_now())
            assert wait_for(lambda: hubs.by_state() == {})
            assert wait_for(lambda: other.verified[-1] == ("unsubscribe", 200, True))
