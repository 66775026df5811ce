"""Push beside the ingest daemon: a thread that asks hubs, and the listener that they call. Off without
``websub.callback``."""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from types import TracebackType
from typing import Protocol

from gordon import log
from gordon.app.daemon import owner_name, utc_now
from gordon.errors import DeskInvalid, Problem, StoreUnavailable
from gordon.metrics import Metrics
from gordon.ports import HubStore
from gordon.settings import FILE, Settings
from ingest.callback import Answers, Callback
from ingest.client import Client
from ingest.hubs import HubKeeper
from ingest.websub import Asking, callback_problem

TURN = 0.5
LEASE = 30.0
LEASE_NAME = "websub"
ERROR_PAUSE = 5.0
GAUGE_EVERY = 5.0


def refuse_callback(callback: str) -> None:
    """Raises DeskInvalid for what no hub could call; gordon check names its line, too."""
    if message := callback_problem(callback):
        remedy = "write the public address that leads to websub.listen and websub.port"
        raise DeskInvalid([Problem(FILE, 0, f"websub.callback: {message}", remedy)])


class Leases(Protocol):
    """The leases of gordon.ports.OutboxStore."""

    def lease(self, name: str, owner: str, now: datetime, seconds: float) -> bool: ...

    def release(self, name: str, owner: str) -> None: ...


class CountedHubs(HubStore, Protocol):
    """A store that can also say how it stands."""

    def by_state(self) -> Mapping[str, int]:
        """How many subscriptions are in each state."""


class Leader:
    """Whether this process is the one of many that asks the hubs; looks at the lease three times in its term."""

    def __init__(self, leases: Leases, owner: str, monotonic: Callable[[], float]) -> None:
        self._leases, self._owner, self._monotonic = leases, owner, monotonic
        self._look_at = 0.0
        self._leads = False

    def __call__(self) -> bool:
        if self._monotonic() >= self._look_at:
            self._leads = False  # also when the store does not answer
            self._leads = self._leases.lease(LEASE_NAME, self._owner, utc_now(), LEASE)
            self._look_at = self._monotonic() + LEASE / 3
        return self._leads

    def resign(self) -> None:
        """Lets another one lead at once."""
        with suppress(StoreUnavailable):
            if self._leads:
                self._leases.release(LEASE_NAME, self._owner)


class Hubs(AbstractContextManager["Hubs"]):
    """Subscribes, renews and listens while the context is open. ``client``: makes one for the thread, under the guard
    of the settings; ``port``: of the listener, once entered."""

    def __init__(
        self,
        metrics: Metrics,
        settings: Settings,
        store: CountedHubs,
        leases: Leases,
        *,
        client: Callable[[], Client] | None = None,
    ) -> None:
        """Raises DeskInvalid for a callback address that no hub could call."""
        self._metrics, self._settings, self._store = metrics, settings, store
        self._wanted = bool(settings.websub.callback)
        if self._wanted:
            refuse_callback(settings.websub.callback)
        self._client = (client or (lambda: Client(settings.http, clock=time.monotonic)))()
        self._leader = Leader(leases, owner_name(), time.monotonic)
        self._keeper = HubKeeper(
            store,
            self._client,
            Asking(settings.websub.callback, settings.websub.lease, lambda: secrets.token_urlsafe(32), random.random),
            least_interval=settings.websub.least_interval,
            now=utc_now,
            monotonic=time.monotonic,
            leads=self._leader,
            count=self._count,
        )
        self._gauge_at = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hubs")
        self._callback: Callback | None = None

    def __enter__(self) -> Hubs:
        """Raises DeskInvalid where the listener's address cannot be bound."""
        if self._wanted:
            websub = self._settings.websub
            answers = Answers(self._keeper.verify, self._keeper.push, self._count)
            self._callback = Callback(answers, websub.listen, websub.port, most_body=self._settings.http.max_body)
            self._thread.start()
            log.logger().info("listening for hubs", address=f"{websub.listen}:{self.port}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._callback is not None:
            self._callback.close()
            self._ended.set()
            self._thread.join()
        self._client.close()

    @property
    def port(self) -> int:
        """Of the listener; 0 without one."""
        return self._callback.port if self._callback is not None else 0

    def _count(self, outcome: str) -> None:
        self._metrics.count("gordon_hub_pushes_total", 1, outcome)

    def _gauge(self) -> None:
        if time.monotonic() >= self._gauge_at:
            counts: dict[tuple[str, ...], float] = {
                (state,): float(number) for state, number in self._store.by_state().items()
            }
            self._metrics.replace("gordon_hub_subscriptions", counts)
            self._gauge_at = time.monotonic() + GAUGE_EVERY

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._keeper.turn(TURN)
                self._gauge()
            except StoreUnavailable:
                self._ended.wait(ERROR_PAUSE)
            except Exception as error:  # the thread's edge: without it hubs would fall silent unseen
                log.logger().error("asking hubs failed", exc_info=error)
                self._ended.wait(ERROR_PAUSE)
        with suppress(StoreUnavailable):
            self._keeper.close()
        self._leader.resign()
