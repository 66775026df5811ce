"""The live view shows the numbers, the newest mentions, and the most urgent items with team and gaps."""

from __future__ import annotations

from rich.console import Console

from gordon.app.status import balance
from gordon.records import Completeness, Item, RecordedMention
from gordon.view import Snapshot, render
from tests.samples import ASSIGNED, MENTION, SEEN, TAGGED

COUNTS = Completeness(
    feeds=9, found=80, tagged=30, untagged=49, dead=1, missing=0, issues=20, items=21, outbox=0, outbox_oldest=None
)


def item(queue: str, priority: str) -> Item:
    return Item(
        id=f"{queue}-{priority}",
        issue="i",
        queue=queue,
        file="passport-services",
        priority=priority,
        state="open",
        opened=SEEN,
        updated=SEEN,
        assigned=ASSIGNED,
    )


def picture(snapshot: Snapshot, height: int = 40) -> str:
    console = Console(width=140, record=True, file=open("/dev/null", "w"))  # noqa: SIM115  # closed with the console
    console.print(render(snapshot, height))
    console.file.close()
    return console.export_text()


def snapshot(**changes: object) -> Snapshot:
    record = RecordedMention(mention=MENTION, files=TAGGED.files, claims=TAGGED.claims, policy_version="x")
    fields: dict[str, object] = {
        "desk": "demo",
        "now": SEEN,
        "elapsed": 12.0,
        "counts": COUNTS,
        "feeds": {"ok": 6, "unchanged": 1, "unreachable": 1, "never": 1},
        "mentions": (record,),
        "items": (item("duty", "normal"), item("rapid", "urgent")),
        "processes": {"ingest": "", "route": "2 restarts"},
    }
    return Snapshot(**{**fields, **changes})


def test_everything_a_newcomer_looks_for_is_there() -> None:
    text = picture(snapshot())
    for part in ("8 of 9 feeds polled", "1 unreachable", "80 mentions found", "30 tagged", "1 dead", "21 items"):
        assert part in text.replace("\u00a0", " "), part
    for part in ("Encore des retards", "passport-services", "repeats a claim", "edited", "2 restarts"):
        assert part in text
    assert "gordon (policy, communications)" in text and "no web-communications" in text
    assert text.index("rapid") < text.index("duty"), "the urgent one comes first"


def test_before_the_first_poll_it_says_so() -> None:
    text = picture(snapshot(mentions=(), items=()), height=10)
    assert "waiting for the first poll" in text and "no item yet" in text


def test_markup_in_a_title_is_text() -> None:
    hostile = type(MENTION)(
        **{**{n: getattr(MENTION, n) for n in MENTION.__struct_fields__}, "title": "[bold]x[/oops]"}
    )
    record = RecordedMention(mention=hostile, files=(), claims=(), policy_version="x")
    assert "[bold]x[/oops]" in picture(snapshot(mentions=(record,)))


def test_the_balance_can_fail() -> None:
    def counts(missing: int, unrouted: int = 0) -> Completeness:
        return Completeness(
            feeds=1, found=10, tagged=4, untagged=6 - missing, dead=0, missing=missing, issues=0, items=0, outbox=0,
            outbox_oldest=None, tags=7 + unrouted, routed=4, silenced=2, tags_dead=1,
        )  # fmt: skip

    assert balance(counts(0), 0) == (0, True)
    assert balance(counts(3), 5) == (3, True)
    assert balance(counts(3), 2) == (2, False)
    assert balance(counts(-1), 5) == (0, False)
    assert balance(counts(0, unrouted=2), 2) == (0, True)
    assert balance(counts(0, unrouted=2), 1) == (0, False)
