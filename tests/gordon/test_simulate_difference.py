"""What differs between two desks, counted: nothing for the same, the mirror image the other way round, and each row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.app.comparing import Seen, Tally, Way, issue_rows, total
from gordon.app.difference import Count, Difference, Example, TagRow, Totals
from gordon.app.simulate import BATCH, steps
from gordon.app.works import Hands, Pair, Work, gap_rows, load_rows, pairs, priority_rows, team_rows, unpaired
from tests.route.route_desk import mention

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
NONE = Count(0, 0)

ways = st.builds(
    Way, st.sets(st.sampled_from(["duty", "rapid"]), max_size=2).map(lambda found: tuple(sorted(found)))
) | st.just(Way(silence="hush"))
seen = st.builds(
    Seen,
    st.dictionaries(st.sampled_from(["passports", "salmon", "visas"]), ways, max_size=3),
    st.frozensets(st.tuples(st.sampled_from(["passports", "salmon"]), st.sampled_from(["a", "b"])), max_size=2),
)


def told(mentions: Sequence[tuple[Seen, Seen]], most: int = 2) -> Tally:
    tally = Tally(most)
    for number, (before, after) in enumerate(mentions):
        tally.see(Example(mention=str(number), title=f"title {number}"), before, after)
    return tally


def work(
    mention: str,
    queue: str = "duty",
    *,
    issue: str = "",
    team: tuple[str, ...] = ("ann",),
    gaps: tuple[tuple[str, str], ...] = (),
    priority: str = "normal",
    acknowledge: datetime = MONDAY,
) -> Work:
    issue = issue or f"issue of {mention}"
    return Work(
        item=f"{issue} in {queue}",
        issue=issue,
        queue=queue,
        file="passports",
        mention=Example(mention=mention, title=mention),
        priority=priority,
        team=team,
        gaps=gaps,
        clocks=(("acknowledge_by", acknowledge),),
    )


def by_id(*works: Work) -> dict[str, Work]:
    return {one.item: one for one in works}


def difference(tally: Tally, old: Sequence[Work], new: Sequence[Work]) -> Difference:
    paired = pairs(by_id(*old), by_id(*new), {}, {})
    before, after = Hands(timedelta(days=1)), Hands(timedelta(days=1))
    return Difference(
        mentions=tally.mentions,
        totals=Totals(tagged=NONE, tags=NONE, claims=NONE, silenced=NONE, issues=NONE, items=NONE, with_gaps=NONE),
        tags=tally.tag_rows(),
        claims=tally.claim_rows(),
        issues=(),
        queues=tally.queue_rows(old, new, paired),
        reroutes=tally.reroutes(),
        silences=tally.silence_rows(),
        priorities=priority_rows(paired, 1),
        teams=team_rows(paired, 1),
        gaps=gap_rows(old, new),
        load=load_rows(before, after, {}, {}),
    )


@settings(deadline=None)
@given(st.lists(seen, max_size=8))
def test_a_desk_beside_itself_differs_in_nothing(mentions: list[Seen]) -> None:
    works = [work("one"), work("two", gaps=(("language", "fr"),))]
    found = difference(told([(one, one) for one in mentions]), works, works)
    assert found.same and found.reroutes == ()
    assert all(row.before == row.after and not row.added and not row.lost for row in found.tags)


@settings(deadline=None)
@given(st.lists(st.tuples(seen, seen), max_size=8))
def test_every_number_is_that_of_a_plain_count(mentions: list[tuple[Seen, Seen]]) -> None:
    tally = told(mentions)
    assert tally.tagged() == Count(
        sum(bool(old.ways) for old, _ in mentions), sum(bool(new.ways) for _, new in mentions)
    )
    for row in tally.tag_rows():
        assert row.before == sum(row.file in old.ways for old, _ in mentions)
        assert row.after == sum(row.file in new.ways for _, new in mentions)
        assert row.added == sum(row.file in new.ways and row.file not in old.ways for old, new in mentions)
        assert row.lost == row.before - row.after + row.added
        assert len(row.added_examples) == min(2, row.added) and len(row.lost_examples) == min(2, row.lost)
    for line in tally.queue_rows([], [], []):
        assert line.mentions_before == sum(line.queue in way.queues for old, _ in mentions for way in old.ways.values())
        assert line.mentions_after == sum(line.queue in way.queues for _, new in mentions for way in new.ways.values())
        assert line.arriving - line.leaving == line.mentions_after - line.mentions_before
    moved = [
        (old.ways[file], new.ways[file])
        for old, new in mentions
        for file in old.ways.keys() & new.ways.keys()
        if old.ways[file] != new.ways[file]
    ]
    assert sum(row.mentions for row in tally.reroutes()) == len(moved)
    assert total(tally.silence_rows()) == Count(
        sum(bool(way.silence) for old, _ in mentions for way in old.ways.values()),
        sum(bool(way.silence) for _, new in mentions for way in new.ways.values()),
    )
    same = all(old == new for old, new in mentions)
    assert difference(tally, [], []).same == same


@settings(deadline=None)
@given(st.lists(st.tuples(seen, seen), max_size=8))
def test_the_other_way_round_it_is_the_mirror_image(mentions: list[tuple[Seen, Seen]]) -> None:
    there, back = told(mentions), told([(new, old) for old, new in mentions])

    def mirrored(row: TagRow) -> TagRow:
        return TagRow(
            file=row.file,
            before=row.after,
            after=row.before,
            added=row.lost,
            lost=row.added,
            added_examples=row.lost_examples,
            lost_examples=row.added_examples,
        )

    assert tuple(mirrored(row) for row in back.tag_rows()) == there.tag_rows()
    ways = sorted((row.queues_after, row.silence_after, row.queues_before, row.mentions) for row in back.reroutes())
    assert ways == sorted(
        (row.queues_before, row.silence_before, row.queues_after, row.mentions) for row in there.reroutes()
    )


def test_items_that_began_with_another_mention_are_the_same_work() -> None:
    """The first mention of the story lost its file; the story goes on with the second."""
    old, new = work("first", issue="A", team=("ann",)), work("second", issue="B", team=("bob",))
    before, after = by_id(old), by_id(new)
    assert unpaired(before, after) == ([old], [new])
    assert pairs(before, after, {}, {}) == []
    # It is known where the second was before, or, the other way round, where the first is after.
    assert pairs(before, after, {("passports", "second"): "A"}, {}) == [Pair(old, new)]
    assert pairs(before, after, {}, {("passports", "first"): "B"}) == [Pair(old, new)]
    assert pairs(before, after, {("salmon", "second"): "A"}, {("passports", "first"): "C"}) == []


def test_an_item_is_in_one_pair_only() -> None:
    """Two issues become one: one of the two items goes on, the other is gone."""
    old = [work("first", issue="A"), work("second", issue="B")]
    new = work("zeroth", issue="C")
    homes = {("passports", "first"): "C", ("passports", "second"): "C"}
    assert pairs(by_id(*old), by_id(new), {}, homes) == [Pair(old[0], new)]
    found = Tally(1).queue_rows(old, [new], pairs(by_id(*old), by_id(new), {}, homes))
    assert [(row.items_before, row.items_after, row.moved_in, row.moved_out) for row in found] == [(2, 1, 0, 1)]


def test_other_queues_are_other_work() -> None:
    old, new = work("first", "duty"), work("first", "rapid")
    found = difference(Tally(1), [old], [new])
    assert [(row.queue, row.moved_in, row.moved_out) for row in found.queues] == [("duty", 0, 1), ("rapid", 1, 0)]
    assert found.teams == () and not found.same


def test_the_same_work_in_other_hands() -> None:
    old = [work("one"), work("two"), work("three"), work("four")]
    new = [work("one", team=("bob",)), work("two", team=("bob",)), work("three", team=()), work("four")]
    rows = difference(Tally(1), old, new).teams
    assert [(row.before, row.after, row.items, len(row.examples)) for row in rows] == [
        (("ann",), ("bob",), 2, 1),
        (("ann",), (), 1, 1),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (work("one"), work("one", priority="urgent")),
        (work("one"), work("one", acknowledge=MONDAY + timedelta(hours=1))),
        (work("one"), work("one", gaps=(("language", "fr"),))),
        (work("one"), work("one", team=("bob",))),
    ],
)
def test_each_of_these_is_a_difference(old: Work, new: Work) -> None:
    assert not difference(Tally(1), [old], [new]).same
    assert difference(Tally(1), [old], [old]).same


def test_gaps_that_are_new_gone_more_and_fewer() -> None:
    lead, french, web, speak = ("expertise", "lead"), ("language", "fr"), ("discipline", "web"), ("authority", "speak")
    old = [work("one", gaps=(lead, french)), work("two", gaps=(french, web)), work("three", gaps=(web,))]
    new = [work("one", gaps=(speak, french)), work("two", gaps=(french, web)), work("three", gaps=(french,))]
    found = {row.need: (row.before, row.after, row.change) for row in gap_rows(old, new)}
    assert found == {"lead": (1, 0, "gone"), "speak": (0, 1, "new"), "fr": (2, 3, "more"), "web": (2, 1, "fewer")}
    assert {row.change for row in gap_rows(old, old)} == {""}


def test_what_people_have_in_hand_is_done_after_a_while() -> None:
    hands = Hands(timedelta(hours=2))
    hands.take(("ann", "bob"), MONDAY)
    hands.take(("ann",), MONDAY + timedelta(hours=1))
    assert hands.load(MONDAY + timedelta(hours=1)) == {"ann": 2, "bob": 1}
    assert hands.load(MONDAY + timedelta(hours=2)) == {"ann": 1}
    hands.take(("ann",), MONDAY + timedelta(hours=3))
    assert hands.load(MONDAY + timedelta(hours=4, minutes=59)) == {"ann": 1}
    assert hands.load(MONDAY + timedelta(hours=5)) == {}
    assert (hands.items, hands.most) == ({"ann": 3, "bob": 1}, {"ann": 2, "bob": 1})


def test_the_load_of_everybody_on_either_desk() -> None:
    before, after = Hands(timedelta(days=1)), Hands(timedelta(days=1))
    before.take(("ann", "gone"), MONDAY)
    after.take(("ann", "new"), MONDAY)
    rows = load_rows(before, after, {"ann": 5, "gone": 3, "idle": 1}, {"ann": 6, "new": 2, "idle": 1})
    assert [(row.person, row.items_before, row.items_after, row.differs) for row in rows] == [
        ("ann", 1, 1, False),
        ("gone", 1, 0, True),
        ("idle", 0, 0, False),
        ("new", 0, 1, True),
    ]
    assert [(row.capacity_before, row.capacity_after) for row in rows] == [(5, 6), (3, None), (1, 1), (None, 2)]


def test_issues_of_files_that_only_one_desk_has() -> None:
    rows = issue_rows({"passports": 2, "salmon": 1}, {"passports": 2, "visas": 4})
    assert [(row.file, row.before, row.after, row.differs) for row in rows] == [
        ("passports", 2, 2, False),
        ("salmon", 1, 0, True),
        ("visas", 0, 4, True),
    ]


@settings(deadline=None)
@given(st.lists(st.integers(0, 5_000), max_size=500))
def test_steps_hold_every_mention_in_order_and_none_longer_than_a_quarter_of_an_hour(seconds: list[int]) -> None:
    found = [
        mention(f"{number}", "", seen=MONDAY + timedelta(seconds=second))
        for number, second in enumerate(sorted(seconds))
    ]
    made = list(steps(found))
    assert [one for step in made for one in step] == found
    assert all(0 < len(step) <= BATCH for step in made)
    assert all(len({int(one.seen.timestamp()) // 900 for one in step}) == 1 for step in made)


def test_a_flood_is_several_steps() -> None:
    found = [mention(f"{number}", "", seen=MONDAY) for number in range(2 * BATCH + 1)]
    assert [len(step) for step in steps(found)] == [BATCH, BATCH, 1]
    assert [len(step) for step in steps(found[: 2 * BATCH])] == [BATCH, BATCH]
