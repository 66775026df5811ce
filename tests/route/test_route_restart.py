"""An index that is made anew from what the store knows goes on as the old one would have."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.records import Decisions, Story
from route.grouping import GroupIndex, Placement
from tests.route.route_desk import MONDAY, story
from tests.route.test_route_grouping import EVERY
from tests.route.test_route_merging import BRIDGES, NEWS, WIRE

TOLD = [
    *EVERY,
    *BRIDGES["en"],
    *BRIDGES["fr"],
    story("wire", "Ferry aground", WIRE),
    story("gazette", "FERRY AGROUND!", WIRE.upper()),
    story("herald", "Ferry aground", f"(Agency) {WIRE}"),
    *(story(f"news-{number}", title) for number, title in enumerate(NEWS)),
]
LINKED = st.integers(len(EVERY), len(EVERY) + 5)
"""Those that merge issues come often."""
STEPS = st.lists(st.tuples(LINKED | st.integers(0, len(TOLD) - 1), st.integers(0, 48)), min_size=8, max_size=40)
PEOPLE = st.lists(st.tuples(st.sampled_from(TOLD), st.sampled_from(TOLD)), max_size=2)


class Kept:
    """What the store knows: the newest revisions of mentions, their issues, when these opened, what people said."""

    def __init__(self) -> None:
        self.stories: dict[str, Story] = {}
        self.homes: dict[str, str] = {}
        self.opened: dict[str, datetime] = {}
        self.decided = Decisions()

    def note(self, one: Story, placement: Placement) -> None:
        self.stories[one.mention] = one
        for merge in placement.merges:
            self.opened[merge.kept] = min(self.opened[merge.kept], self.opened.pop(merge.gone))
            self.homes = {key: merge.kept if issue == merge.gone else issue for key, issue in self.homes.items()}
        self.homes[one.mention] = placement.issue
        self.opened.setdefault(placement.issue, one.seen)

    def move(self, mention: str, issue: str) -> None:
        self.homes[mention] = issue
        self.decided = Decisions(homes=self.decided.homes | {mention: issue}, apart=self.decided.apart)
        self.opened = {name: opened for name, opened in self.opened.items() if name in self.homes.values()}

    def made_anew(self) -> GroupIndex:
        index = GroupIndex("f", merging=True)
        index.constrain(self.decided)
        for issue in sorted(self.opened, key=lambda name: (self.opened[name], name)):
            told = [self.stories[mention] for mention, home in self.homes.items() if home == issue]
            told.sort(key=lambda one: (one.seen, one.mention))
            index.restore(issue, told, opened=self.opened[issue])
        return index


def as_it_comes(steps: list[tuple[int, int]]) -> list[Story]:
    """The stories of these steps, some of them edited versions of one that was told before."""
    seen, revisions, found = MONDAY, dict[str, int](), []
    for number, hours in steps:
        one, other = TOLD[number], TOLD[(number + 1) % len(TOLD)]
        seen += timedelta(hours=hours)
        revision = revisions[one.mention] = revisions.get(one.mention, 0) + 1
        text = one.text if revision == 1 else f"{other.text} {one.text}"
        found.append(story(one.mention, one.title, text, one.language, seen=seen, revision=revision))
    return found


@settings(max_examples=100, deadline=None)
@given(STEPS, st.data(), PEOPLE)
def test_a_restart_gives_the_same_decisions(
    steps: list[tuple[int, int]], data: st.DataObject, people: list[tuple[Story, Story]]
) -> None:
    stories = as_it_comes(steps)
    cut = data.draw(st.integers(1, len(stories)))
    went_on, kept = GroupIndex("f", merging=True), Kept()
    for one in stories[:cut]:
        kept.note(one, went_on.place(one))
    for moved, beside in people:
        if moved.mention in kept.homes and beside.mention in kept.homes:
            went_on.move([moved.mention], kept.homes[beside.mention])
            kept.move(moved.mention, kept.homes[beside.mention])
    anew = kept.made_anew()
    for one in stories[cut:]:
        wanted, found = went_on.place(one), anew.place(one)
        assert (found.issue, found.new, found.known, found.score) == (
            wanted.issue,
            wanted.new,
            wanted.known,
            wanted.score,
        )
        assert [(m.kept, m.gone, m.score) for m in found.merges] == [(m.kept, m.gone, m.score) for m in wanted.merges]
