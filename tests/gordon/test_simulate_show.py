"""A simulation as people read it: only what differs, a line each, and not without end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from gordon.app.difference import (
    ClaimRow,
    Count,
    Difference,
    Example,
    GapRow,
    IssueRow,
    LoadRow,
    PriorityRow,
    QueueRow,
    Reroute,
    SilenceRow,
    TagRow,
    TeamRow,
    Totals,
)
from gordon.app.simulate import Simulation
from gordon.cli.simulate_show import MOST_LETTERS, MOST_ROWS, show

LONG = Example(mention="m1", title="A title\nof [two] lines, which is longer than a line of a table may ever be")
BARE = Example(mention="m2", title="")
NOTHING = Difference(
    mentions=7,
    totals=Totals(
        tagged=Count(4, 5),
        tags=Count(6, 7),
        claims=Count(1, 1),
        silenced=Count(0, 2),
        issues=Count(3, 4),
        items=Count(3, 5),
        with_gaps=Count(0, 0),
    ),
    tags=(TagRow(file="salmon", before=2, after=2, added=0, lost=0, added_examples=(), lost_examples=()),),
    claims=(ClaimRow(file="salmon", claim="free", before=1, after=1, added=0, lost=0),),
    issues=(IssueRow(file="salmon", before=1, after=1),),
    queues=(),
    reroutes=(),
    silences=(),
    priorities=(),
    teams=(),
    gaps=(GapRow(file="salmon", kind="language", need="fr", before=2, after=2),),
    load=(LoadRow(person="idle", items_before=1, items_after=1, most_before=1, most_after=1, capacity_before=5,
                  capacity_after=6),),
)  # fmt: skip
EVERYTHING = replace(
    NOTHING,
    tags=(
        *NOTHING.tags,
        TagRow(file="visas", before=2, after=3, added=2, lost=1, added_examples=(LONG,), lost_examples=(BARE,)),
    ),
    claims=(*NOTHING.claims, ClaimRow(file="visas", claim="walls", before=0, after=2, added=2, lost=0)),
    issues=(*NOTHING.issues, IssueRow(file="visas", before=2, after=3)),
    queues=(QueueRow(queue="duty", items_before=3, items_after=5, moved_in=2, moved_out=0, mentions_before=6,
                     mentions_after=5, arriving=1, leaving=2, clocks=3),),
    reroutes=(
        Reroute(queues_before=("duty",), silence_before="", queues_after=(), silence_after="hush", mentions=2,
                examples=(LONG,)),
        Reroute(queues_before=(), silence_before="", queues_after=("duty", "rapid"), silence_after="", mentions=1,
                examples=()),
    ),
    silences=(SilenceRow(silence="hush", before=0, after=2),),
    priorities=(PriorityRow(before="normal", after="urgent", items=2, examples=(BARE,)),),
    teams=(TeamRow(queue="duty", file="visas", before=("ann",), after=(), items=1, examples=(LONG,)),),
    gaps=(*NOTHING.gaps, GapRow(file="visas", kind="expertise", need="lead", before=0, after=2)),
    load=(
        *NOTHING.load,
        LoadRow(person="ann", items_before=1, items_after=0, most_before=1, most_after=0, capacity_before=5,
                capacity_after=None),
    ),
)  # fmt: skip


@dataclass
class Printed:
    """What was printed, by line, without the spaces of tables."""

    lines: list[str]

    def has(self, *words: object) -> bool:
        return " ".join(map(str, words)) in self.lines


def printed(difference: Difference, capsys: pytest.CaptureFixture[str]) -> Printed:
    when = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    show(
        Simulation(since=when, until=when, before="a", after="b", same=difference.same, difference=difference),
        "now", "[next]",
    )  # fmt: skip
    return Printed([" ".join(line.split()) for line in capsys.readouterr().out.splitlines()])


def test_nothing_that_differs_is_one_word(capsys: pytest.CaptureFixture[str]) -> None:
    said = printed(NOTHING, capsys)
    assert said.lines == [
        "7 mentions found 2026-11-23 15:00Z to 2026-11-23 15:00Z",
        "before: now, after: [next]",
        "nothing would differ",
    ]


def test_every_kind_of_difference_has_its_line_and_nothing_else_has(capsys: pytest.CaptureFixture[str]) -> None:
    said = printed(EVERYTHING, capsys)
    assert said.has("mentions with a file 4 → 5, claims 1, silenced 0 → 2")
    assert said.has("issues 3 → 4, items 3 → 5, items with gaps 0")
    cut = "A title of [two] lines, which is longer than a line of a table may ever be"[: MOST_LETTERS - 1] + "…"
    assert said.has("visas", "2 → 3", 2, 1, "2 → 3", "+", cut) and said.has("- m2")
    assert said.has("visas", "walls", "0 → 2", 2)
    assert said.has("duty", "3 → 5", 2, "6 → 5", 1, 2, 3)
    assert said.has(2, "duty", "silence hush", cut) and said.has(1, "nowhere new", "duty, rapid")
    assert said.has(2, "normal", "urgent", "m2") and said.has(1, "duty", "visas", "ann", "nobody")
    assert said.has("visas", "lead: No Gordon", 0, 2, "new") and said.has("ann", 1, 0, -1, "1 → 0", "5 → -")
    assert not any("salmon" in line or "idle" in line for line in said.lines)


def test_a_long_table_ends(capsys: pytest.CaptureFixture[str]) -> None:
    many = tuple(GapRow(file=f"file-{n}", kind="language", need="fr", before=0, after=n) for n in range(1, 31))
    said = printed(replace(NOTHING, gaps=many), capsys)
    assert sum(line.startswith("file-") for line in said.lines) == MOST_ROWS
    assert said.has(f"and {30 - MOST_ROWS} more: see --json")
