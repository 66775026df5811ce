"""What will go wrong in a run, and when: a list of faults out of a seed. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["embedded", "kafka"]
REST = 1.0
SERVER_REST = 10.0
"""Seconds in which a target is left alone after one of its faults; a server is long in coming back."""
BEGIN = 3.0
"""Seconds of peace at the beginning."""
DAEMONS: dict[Kind, tuple[str, ...]] = {
    "embedded": ("ingest-1", "classify-1", "classify-2", "route-1", "route-2", "relay-1"),
    "kafka": ("ingest-1", "ingest-2", "classify-1", "classify-2", "route-1", "route-2", "relay-1"),
}
SERVERS: dict[Kind, tuple[str, ...]] = {"embedded": (), "kafka": ("broker", "database")}
NETS: dict[Kind, tuple[str, ...]] = {
    "embedded": ("feeds-net",),
    "kafka": ("broker-net", "database-net", "feeds-net"),
}
STEPS = (-7200.0, -300.0, -30.0, 30.0, 300.0, 5400.0)
"""Seconds that a clock jumps; it jumps back when the fault ends."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``at``: seconds after the beginning; ``lasts``: until what was done is undone; 0: nothing is to be undone.
    ``size``: what ``what`` needs of a number: seconds of a clock's step, messages that are put in."""

    at: float
    target: str
    what: str
    lasts: float = 0.0
    size: float = 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """One kind of fault: on which targets, how likely beside the others, and how long it lasts, from and to."""

    what: str
    targets: tuple[str, ...]
    weight: float
    lasts: tuple[float, float] = (0.0, 0.0)
    sizes: tuple[float, ...] = (0.0,)


@dataclass(slots=True)
class _Busy:
    """Until when each target has its fault."""

    until: dict[str, float] = field(default_factory=dict)

    def free(self, targets: Sequence[str], at: float) -> list[str]:
        return [target for target in targets if self.until.get(target, 0.0) <= at]


def choices(kind: Kind, *, disk: bool = True) -> tuple[Choice, ...]:
    """Everything that can go wrong in this kind of run. ``disk``: whether there is a small disk to fill."""
    daemons, servers, nets = DAEMONS[kind], SERVERS[kind], NETS[kind]
    every = (
        Choice("kill", daemons, 8.0),
        Choice("stop", daemons, 3.0, (0.5, 6.0)),
        Choice("restart", daemons, 2.0),
        Choice("clock", daemons, 2.0, (2.0, 8.0), STEPS),
        Choice("kill", servers, 2.0, (0.5, 3.0)),
        Choice("stop", servers, 2.0, (0.5, 6.0)),
        Choice("restart", servers, 1.0, (0.1, 2.0)),
        Choice("delay", nets, 1.0, (2.0, 6.0)),
        Choice("slow", nets, 1.0, (2.0, 6.0)),
        Choice("stall", nets, 1.5, (1.0, 6.0)),
        Choice("cut", nets, 1.5, (0.2, 4.0)),
        Choice("reset", nets, 1.5, (0.2, 4.0)),
        Choice("full", ("disk",) if kind == "embedded" and disk else (), 2.0, (1.0, 5.0)),
        Choice("reload", ("desk",), 1.5),
        Choice("broken", ("desk",), 1.5, (3.0, 7.0)),
        Choice("poison", ("messages",), 2.0, sizes=(1.0, 2.0, 3.0)),
        Choice("killer", ("messages",), 0.6),
        Choice("duplicate", ("messages",), 2.0, sizes=(5.0, 20.0, 50.0)),
        Choice("reorder", ("messages",), 2.0, sizes=(5.0, 20.0, 50.0)),
    )
    return tuple(choice for choice in every if choice.targets)


def plan(seed: int, minutes: float, kind: Kind, *, disk: bool = True, every: float = 2.5) -> tuple[Fault, ...]:
    """Faults in order of time, the last over before the minutes are; one for each ``every`` seconds, on average.

    Each kind of fault comes once, and a kill of each daemon, before chance has its way, as far as there is time.
    Faults of one target do not overlap; those of different targets do, as they like."""
    chance = random.Random(f"{seed} {minutes} {kind}")
    possible = list(choices(kind, disk=disk))
    end = minutes * 60.0
    must = [*possible, *(Choice("kill", (daemon,), 0.0) for daemon in DAEMONS[kind])]
    chance.shuffle(must)
    busy, found = _Busy(), list[Fault]()
    at = BEGIN
    while at < end:
        choice = must.pop() if must else chance.choices(possible, [one.weight for one in possible])[0]
        fault = _fault(chance, choice, at, end, busy)
        if fault:
            found.append(fault)
            rest = SERVER_REST if fault.target in SERVERS[kind] else REST
            busy.until[fault.target] = fault.at + fault.lasts + rest
        at += chance.expovariate(1.0 / every)
    return tuple(found)


def _fault(chance: random.Random, choice: Choice, at: float, end: float, busy: _Busy) -> Fault | None:
    """None where every target has its fault, or there is not enough time."""
    free = busy.free(choice.targets, at)
    lasts = round(chance.uniform(*choice.lasts), 2)
    size = chance.choice(choice.sizes)
    if not free or at + lasts > end:
        return None
    return Fault(round(at, 2), chance.choice(free), choice.what, lasts, size)
