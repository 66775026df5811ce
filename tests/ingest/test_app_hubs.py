"""Push beside a daemon: on and off, one leader, the address that hubs call."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from gordon.app.websub import Hubs, Leader, refuse_callback
from gordon.errors import DeskInvalid, StoreUnavailable
from gordon.metrics import Metrics
from gordon.polling import HubSubscription
from gordon.settings import Http, Settings, WebSub
from tests.ingest.hub import Hub, MemoryHubs, call
from tests.ingest.origin import Origin, wait_for
from tests.servers.ports import free_ports


class Leases:
    """One lease; away when told so."""

    def __init__(self) -> None:
        self.owner = ""
        self.away = False
        self.asked = 0

    def lease(self, name: str, owner: str, now: datetime, seconds: float) -> bool:
        if self.away:
            raise StoreUnavailable("away")
        self.asked += 1
        self.owner = self.owner or owner
        return self.owner == owner

    def release(self, name: str, owner: str) -> None:
        if self.away:
            raise StoreUnavailable("away")
        self.owner = "" if self.owner == owner else self.owner


def settings(port: int) -> Settings:
    callback = f"http://127.0.0.1:{port}/hub/"
    return Settings(http=Http(allow_networks=("127.0.0.0/8",)), websub=WebSub(callback=callback, port=port))


def pushes(metrics: Metrics) -> list[str]:
    text = metrics.exposition()[0].decode()
    return [line for line in text.splitlines() if line.startswith("gordon_hub_pushes_total{")]


def test_from_a_feed_that_names_a_hub_to_a_nudge(origin: Origin) -> None:
    hub, store, leases, metrics = Hub(origin), MemoryHubs(), Leases(), Metrics("ingest")
    (port,) = free_ports(1)
    store.feeds["f"] = (hub.url, "https://blog.example/feed.xml")
    with Hubs(metrics, settings(port), store, leases) as hubs:
        assert hubs.port == port
        assert wait_for(lambda: "f" in store.kept and store.kept["f"].state == "verified")
        assert hub.forms[0]["hub.callback"] == f"http://127.0.0.1:{port}/hub/{store.kept['f'].token}"
        assert hub.push() == 202 and call(hub.forms[0]["hub.callback"] + "x", b"y")[0] == 404
        assert wait_for(lambda: store.nudged == [("f", 60.0)])
        assert leases.owner
        assert wait_for(lambda: b'gordon_hub_subscriptions{state="verified"} 1.0' in metrics.exposition()[0])
    assert leases.owner == "" and leases.asked == 1
    assert pushes(metrics) == [
        'gordon_hub_pushes_total{outcome="accepted"} 1.0',
        'gordon_hub_pushes_total{outcome="unknown"} 1.0',
    ]
    with pytest.raises(OSError):
        call(hub.forms[0]["hub.callback"])


def test_without_a_callback_nothing_listens_and_nobody_is_asked(origin: Origin) -> None:
    hub, store, leases = Hub(origin), MemoryHubs(), Leases()
    store.feeds["f"] = (hub.url, "https://blog.example/feed.xml")
    with Hubs(Metrics("ingest"), Settings(), store, leases) as hubs:
        assert hubs.port == 0
        time.sleep(0.1)
    assert not hub.forms and not leases.asked


class Broken(MemoryHubs):
    """Fails in a way that nobody has thought of, once."""

    failures = 0

    def hubs_due(self, now: datetime, most: int) -> list[HubSubscription]:
        self.failures += 1
        raise ValueError("unforeseen")


def test_an_unforeseen_error_is_logged_and_the_thread_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    store = Broken()
    (port,) = free_ports(1)
    with Hubs(Metrics("ingest"), settings(port), store, Leases()):
        assert wait_for(lambda: store.failures == 1)
        time.sleep(0.1)
        assert call(f"http://127.0.0.1:{port}/" + "t" * 43)[0] == 404
    shown = capsys.readouterr()
    assert "ValueError" in shown.out + shown.err


def test_a_port_in_use_stops_the_start(origin: Origin) -> None:
    hubs = Hubs(Metrics("ingest"), settings(origin.port), MemoryHubs(), Leases())
    with pytest.raises(DeskInvalid, match=r"websub\.port"):
        hubs.__enter__()


@pytest.mark.parametrize(
    "callback",
    [
        "gordon.example",
        "ftp://gordon.example/",
        "https://u:p@gordon.example/",
        "https://h/?a=1",
        "https://h/#a",
        "/hub",
    ],
)
def test_an_address_that_no_hub_could_call_is_a_mistake_of_the_desk(callback: str) -> None:
    with pytest.raises(DeskInvalid, match=r"websub\.callback"):
        refuse_callback(callback)
    with pytest.raises(DeskInvalid):
        Hubs(Metrics("ingest"), Settings(websub=WebSub(callback=callback)), MemoryHubs(), Leases())


def test_a_leader_keeps_its_lease_and_loses_it_with_the_database() -> None:
    clock, leases = [100.0], Leases()
    one, two = (Leader(leases, owner, lambda: clock[0]) for owner in ("one", "two"))
    assert one() and not two() and one()
    assert leases.asked == 2
    clock[0] += 11
    leases.away = True
    with pytest.raises(StoreUnavailable):
        one()
    one.resign()
    leases.away = False
    assert one()
    one.resign()
    clock[0] += 11
    assert two() and not one()
