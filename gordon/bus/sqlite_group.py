"""Consumer groups on the embedded log: who lives, whose partition is whose. Decisions are pure; nothing here writes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Place = tuple[int, int]
"""Topic number and partition."""


@dataclass(frozen=True, slots=True)
class Process:
    """What tells one process from all others, after its death and a reboot too."""

    boot: str
    space: str
    pid: int
    started: int


@dataclass(frozen=True, slots=True)
class Member:
    """One subscription in a group. ``seen``: its last sign of life on the machine's monotonic clock."""

    id: int
    process: Process
    topics: frozenset[int]
    seen: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What one member has to change: bury the dead, give back, take."""

    dead: tuple[int, ...]
    release: tuple[Place, ...]
    claim: tuple[Place, ...]

    def __bool__(self) -> bool:
        return bool(self.dead or self.release or self.claim)


def share(members: Sequence[Member], places: Sequence[Place]) -> dict[Place, int]:
    """The member that each place belongs to: dealt out in turn among the members that read its topic.
    Every member computes the same, whatever order it sees them in."""
    dealt: dict[int, int] = {}
    owners: dict[Place, int] = {}
    for place in sorted(places):
        readers = sorted((m.id for m in members if place[0] in m.topics), key=lambda id: (dealt.get(id, 0), id))
        if readers:
            owners[place] = readers[0]
            dealt[readers[0]] = dealt.get(readers[0], 0) + 1
    return owners


def decide(me: int, members: Sequence[Member], living: frozenset[int], owners: Mapping[Place, int | None]) -> Plan:
    """What member ``me`` does about the present ``owners``. Takes only what is free or a dead member's:
    a place is given back by its owner first, so it never has two."""
    target = share([member for member in members if member.id in living], list(owners))
    return Plan(
        dead=tuple(member.id for member in members if member.id not in living),
        release=tuple(p for p, owner in sorted(owners.items()) if owner == me and target.get(p) != me),
        claim=tuple(p for p, owner in sorted(owners.items()) if target.get(p) == me and owner not in living),
    )


def lives(member: Member, here: Process, now: float, session: float) -> bool:
    """Whether it showed itself within ``session`` seconds of this boot, and its process still runs.
    A process in another PID namespace cannot be looked up; there only the sign of life counts."""
    if member.process.boot != here.boot or not 0.0 <= now - member.seen <= session:
        return False
    if member.process.space != here.space or member.process.pid == here.pid:
        return True
    return process_start(member.process.pid) == member.process.started


def this_process() -> Process:
    pid = os.getpid()
    try:
        space = os.readlink("/proc/self/ns/pid")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:  # not Linux: a reboot shows in the monotonic clock
        space = boot = ""
    return Process(boot, space, pid, process_start(pid) or 0)


def process_start(pid: int) -> int | None:
    """Clock ticks from boot to the start of a process; None when it does not run; 0 where there is no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None if os.path.exists("/proc/self/stat") else _exists(pid)
    fields = stat.rpartition(")")[2].split()  # the program's name, in brackets, may hold anything
    return None if fields[0] in "ZX" else int(fields[19])


def _exists(pid: int) -> int | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return 0
    return 0
