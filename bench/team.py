"""What it costs to choose the team of an item, roster and all.

    python -m bench.team [--people 500] [--files 1000] [--items 20000] [--days 2]

The people have one to three of ten hats, standings on some files and patterns, hours in three time zones, absences,
delegates and last days. The items are spread evenly over the days, over the files and over queues of five kinds; a
team's load stays for two hundred items. ``choice``: choose_team with all look-ups, of which ``after a change`` are the
first ones after somebody came or went. Times are those of this process on the CPU.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter, deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gordon.desk.schema import Person, Requires
from route.roster import Need, Roster, needs_of
from route.team import choose_team

TORONTO = ZoneInfo("America/Toronto")
START = datetime(2026, 11, 23, 5, tzinfo=UTC)
HATS = ("policy", "communications", "media", "web", "advocacy", "legal", "science", "finance", "regions", "inquiries")
ZONES = ("America/Toronto", "America/Vancouver", "America/Halifax")
QUEUES = (
    Requires(disciplines=("policy", "communications", "web"), expertise="lead", authority=("approve",)),
    Requires(disciplines=("policy", "media", "legal", "science"), expertise="expert", authority=("speak", "approve")),
    Requires(disciplines=("communications", "media"), authority=("speak",), languages=("en", "fr")),
    Requires(disciplines=("policy", "communications"), languages=("fr",)),
    Requires(disciplines=("communications",)),
)
LASTING = 200
"""Items that are open at a time."""


def people_of(count: int, files: Sequence[str], draw: random.Random) -> list[Person]:
    """People as a department might have them."""
    return [Person.model_validate(row_of(number, count, files, draw)) for number in range(count)]


def row_of(number: int, count: int, files: Sequence[str], draw: random.Random) -> dict[str, Any]:
    """Somebody, as people.yaml would say it."""
    standings = {name: _standing(draw) for name in draw.sample(files, draw.randint(2, 8))}
    if draw.random() < 0.2:
        standings[f"{draw.choice(files)[:6]}*"] = _standing(draw)
    if draw.random() < 0.05:
        standings["*"] = {"expertise": "working"}
    row: dict[str, Any] = {
        "id": f"p{number:03}",
        "disciplines": draw.sample(HATS, draw.choice([1, 1, 2, 3])),
        "languages": draw.choice([["en"], ["fr"], ["en", "fr"]]),
        "files": standings,
        "capacity": draw.choice([0, 3, 5, 5, 8]),
        "delegate": f"p{draw.randrange(count):03}",
    }
    if draw.random() < 0.8:
        row["hours"] = _hours(draw)
    if draw.random() < 0.2:
        first = START.date() + timedelta(days=draw.randint(-5, 5))
        row["away"] = [{"from": f"{first}", "to": f"{first + timedelta(days=draw.randint(0, 14))}"}]
    return row


def _standing(draw: random.Random) -> dict[str, Any]:
    until = draw.choice([None, None, None, "2026-11-01", "2027-06-30"])
    authority = draw.choice([{}, {"speak": None}, {"speak": None, "approve": None}, {"approve": "2026-11-24"}])
    return {"expertise": draw.choice(["working", "expert", "lead"]), "authority": authority, "until": until}


def _hours(draw: random.Random) -> dict[str, str]:
    begin = draw.choice([6, 7, 8, 8, 9, 9, 12])
    half = draw.choice(["00", "30"])
    zone = draw.choice(ZONES)
    return {"tz": zone, "from": f"{begin:02}:{half}", "to": f"{begin + 8:02}:{half}", "holidays": "CA-ON"}


def _percentile(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] if times else 0.0


def _show(name: str, times: Sequence[float]) -> None:
    figures = [_percentile(times, share) * 1000 for share in (0.5, 0.99, 1.0)]
    print(f"{name:24} {len(times):7} {figures[0]:9.3f} {figures[1]:9.3f} {figures[2]:9.3f}")


def items(args: argparse.Namespace, roster: Roster, files: Sequence[str], draw: random.Random) -> None:
    """Chooses team after team, and prints what each took."""
    needs: list[tuple[tuple[Need, ...], bool]] = [
        (needs_of(requires, language), requires.separate_approver) for requires in QUEUES for language in ("en", "fr")
    ]
    load: Counter[str] = Counter()
    open_items: deque[list[str]] = deque()
    warm: list[float] = []
    fresh: list[float] = []
    sizes: Counter[int] = Counter()
    snapshot: object = None
    for number in range(args.items):
        now = START + timedelta(days=args.days) * (number / args.items)
        asked, separate = draw.choice(needs)
        file = draw.choice(files)
        begin = time.process_time()
        choice = choose_team(roster, file, asked, load, now, separate=separate)
        spent = time.process_time() - begin
        (warm if roster.at(now) is snapshot else fresh).append(spent)
        snapshot = roster.at(now)
        team = [member.person for member in choice.team]
        sizes[len(team)] += 1
        load.update(team)
        open_items.append(team)
        if len(open_items) > LASTING:
            load.subtract(open_items.popleft())
    _show("choice", [*warm, *fresh])
    _show("  after a change", fresh)
    print("teams of", dict(sorted(sizes.items())))


def main() -> None:
    """Reads the arguments and measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--days", type=float, default=2)
    args = parser.parse_args()
    draw = random.Random(7)
    files = [f"file-{number:04}" for number in range(args.files)]
    roster = Roster(people_of(args.people, files, draw), TORONTO)
    print(
        f"{args.people} people, {args.files} files\n{'':24} {'count':>7} {'median ms':>9} {'p99 ms':>9} {'most ms':>9}"
    )
    items(args, roster, files, draw)


if __name__ == "__main__":
    main()
