"""A run: servers, daemons and publishers, the faults of the plan, the way back to rest, and the facts that are left."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gordon.errors import GordonError, Transient
from store.database import open_database
from tests.chaos import facts
from tests.chaos.disk import small_disk
from tests.chaos.faults import Saboteur
from tests.chaos.history import History, written
from tests.chaos.letters import everything
from tests.chaos.plan import Fault, Kind, plan
from tests.chaos.press import Press, keep_printing, printed
from tests.chaos.town import Crew, Town, town

FEEDS = 8
LOOK = 1.0
FIRST = 8
MOST_LANES = 32
QUIET = 10.0
"""Seconds of news without faults at the end, so that the last fault has a way back to be measured too."""


@dataclass(frozen=True)
class Wish:
    """What is asked of a run. ``rate``: entries a second; ``disk``: whether a small disk may be made; ``patience``:
    seconds in which it must come to rest."""

    kind: Kind
    minutes: float
    seed: int
    folder: Path
    rate: float = 2.0
    disk: bool = True
    patience: float = 300.0


def run(wish: Wish) -> None:
    """Writes history.jsonl and facts.json into the folder. Raises Missing where a server is."""
    wish.folder.mkdir(parents=True, exist_ok=True)
    with written(wish.folder / "history.jsonl") as history:
        press = Press(wish.seed, FEEDS, history)
        with (
            ThreadPoolExecutor(max_workers=MOST_LANES) as threads,
            printed(press) as port,
            town(wish.kind, wish.folder, port, FEEDS) as place,
            small_disk(place, wish) as small,
        ):
            faults = plan(wish.seed, wish.minutes, wish.kind, disk=small)
            crew = Crew(place, history)
            crew.start()
            try:
                _warm(wish, place, crew, press)
                history.begin(kind=wish.kind, minutes=wish.minutes, seed=wish.seed, faults=len(faults), disk=small)
                _disturb(wish, place, crew, press, history, faults, threads)
                state = _rest(wish, place, crew, press, history)
            finally:
                crew.stop()
            found = _gather(place, press, state, len(faults))
    (wish.folder / "facts.json").write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")


def _warm(wish: Wish, place: Town, crew: Crew, press: Press) -> None:
    """Waits until the first news have gone all the way: every daemon has started."""
    for _ in range(FIRST):
        press.publish()
    until = time.monotonic() + wish.patience
    while not (state := _status(crew)) or not _at_rest(place, press, state):
        assert time.monotonic() < until, f"it does not even start: {state}"
        _tended(crew, LOOK)


def _disturb(
    wish: Wish,
    place: Town,
    crew: Crew,
    press: Press,
    history: History,
    faults: Sequence[Fault],
    threads: ThreadPoolExecutor,
) -> None:
    """News and faults together; the daemons are tended all the while."""
    ended = threading.Event()
    printer = threading.Thread(target=keep_printing, args=(press, wish.rate, wish.seed, ended.is_set))
    watcher = threading.Thread(target=_watch, args=(place, history, ended.is_set))
    printer.start()
    watcher.start()
    saboteur = Saboteur(place, crew, press, history, wish.seed)
    try:
        lanes = saboteur.begin(faults, threads)
        while history.seconds() < wish.minutes * 60 or not all(lane.done() for lane in lanes):
            crew.tend()
            _raise_failures(lanes)
            time.sleep(0.05)
        _raise_failures(lanes)
        history.note("peace")
        _tended(crew, QUIET)
    finally:
        saboteur.give_up()
        ended.set()
        printer.join()
        watcher.join()


def _raise_failures(lanes: Sequence[Future[None]]) -> None:
    """A fault that could not be done or undone, such as a server that does not come back, ends the run at once."""
    for lane in lanes:
        if lane.done():
            lane.result()


def _tended(crew: Crew, seconds: float) -> None:
    """So many seconds pass."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        crew.tend()
        time.sleep(0.05)


def _status(crew: Crew) -> dict[str, Any]:
    """What Gordon says of itself; empty while it cannot."""
    done = crew.run("status", "--json")
    fine = done.returncode in (0, 1) and done.stdout.startswith("{")
    return dict(json.loads(done.stdout)) if fine else {}


def _watch(place: Town, history: History, ended: Callable[[], bool]) -> None:
    """Notes each mention that reaches a queue for the first time, past the proxies."""
    seen: set[str] = set()
    while not ended():
        try:
            bus = place.bus()
            try:
                tails = [bus.tail(place.topics.queue(name), 1.0, from_start=True) for name in place.queues]
                while not ended():
                    for tail in tails:
                        for record in tail.poll(0.1, 500):
                            link = json.loads(record.value)["mention"]["url"]
                            if link not in seen:
                                seen.add(link)
                                history.note("arrived", link=link)
            finally:
                bus.close()
        except Transient:
            time.sleep(0.3)


def _rest(wish: Wish, place: Town, crew: Crew, press: Press, history: History) -> dict[str, Any]:
    """The last state that ``gordon status`` told. At rest: everything served is found, and nothing is under way."""
    until = history.seconds() + wish.patience
    state: dict[str, Any] = {}
    calm = 0
    while history.seconds() < until and calm < 3:
        _tended(crew, LOOK)
        state = _status(crew)
        calm = calm + 1 if state and _at_rest(place, press, state) else 0
    history.note("settled" if calm >= 3 else "unsettled", status=state)
    return state


def _at_rest(place: Town, press: Press, state: dict[str, Any]) -> bool:
    quiet = state["balanced"] and state["in_flight"] == 0 and state["outbox"] == 0 and state["lag"] is not None
    if not quiet or sum(state["lag"].values()):
        return False
    try:
        database = open_database(place.database_url)
        try:
            said = {row["says"] for row in facts.rows(database)["revisions"]}
        finally:
            database.close()
    except GordonError:
        return False
    return all(entry["versions"][-1] in said for entry in press.served())


def _gather(place: Town, press: Press, state: dict[str, Any], planned: int) -> dict[str, Any]:
    database = open_database(place.database_url)
    try:
        rows = facts.rows(database)
    finally:
        database.close()
    bus = place.bus()
    try:
        names = ("mentions", "tagged", "dead", *(f"queue.{queue}" for queue in place.queues))
        topics = {name: facts.messages(everything(bus, f"{place.topics.prefix}{name}")) for name in names}
    finally:
        bus.close()
    return {"served": press.served(), "status": state, "planned": planned, **rows, "topics": topics, "pid": os.getpid()}
