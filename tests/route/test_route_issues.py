"""Whatever people and the stream do to issues, in whatever order: no mention is lost or doubled, counts are right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gordon.app import items
from gordon.errors import Conflict
from gordon.events import Mention
from route.stage import Route
from store.reads import items as read_items
from tests.route.route_desk import mention, tagged
from tests.route.route_issues import NOW, People
from tests.route.route_store import DELAYS, DELAYS_AGAIN, FEES, Desk

CLAIMS = {"delays-2": ["fee-doubles"], "fees-2": ["fee-doubles"]}
MENTIONS = [
    DELAYS,
    DELAYS_AGAIN,
    FEES,
    mention("owls", "Owl census begins", "Volunteers count owls in the passport queue."),
    mention("delays-3", DELAYS.title, DELAYS.text + " So we hear."),
    mention("fees-2", FEES.title, "Again no source for the doubling of fees."),
    mention("fees-3", FEES.title, FEES.text),
    mention("hiboux", "Le recensement des hiboux", "On compte les hiboux.", language="fr"),
]
STEP = st.tuples(
    st.sampled_from(["mention", "merge", "merge", "split", "split", "close", "edit", "restart"]),
    st.integers(0, 7),
    st.integers(1, 7),
)


@dataclass
class World:
    """A store, a daemon over it, and people. ``homes``: what was decided last of each mention."""

    desk: Desk
    people: People
    stage: Route
    told: set[str] = field(default_factory=set)
    apart: list[tuple[str, str]] = field(default_factory=list)
    now: datetime = NOW

    def mention(self, one: int, _: int) -> None:
        self.handle(MENTIONS[one])

    def handle(self, said: Mention) -> None:
        self.stage.handle([tagged(said, claims=CLAIMS.get(said.id, ()))])
        self.told.add(said.id)

    def edit(self, one: int, other: int) -> None:
        said, revision = MENTIONS[one], 1 + other
        self.handle(mention(said.id, said.title + "!" * other, said.text, revision=revision, kind="edited"))

    def restart(self, _: int, __: int) -> None:
        self.stage = self.desk.another()

    def merge(self, one: int, other: int) -> None:
        found = [issue.id for issue in self.people.all_issues()]
        if found:
            target, source = found[one % len(found)], found[(one + other) % len(found)]
            moved = self.people.mentions(source)
            self.people.merge(target, source, now=self.now)
            self.apart = [pair for pair in self.apart if not self.together(*pair)]
            assert set(moved) <= set(self.people.mentions(target))

    def together(self, one: str, other: str) -> bool:
        return self.people.holding(one) == self.people.holding(other)

    def split(self, one: int, mask: int) -> None:
        found = [issue.id for issue in self.people.all_issues()]
        if found:
            issue = found[one % len(found)]
            there = self.people.mentions(issue)
            chosen = [name for place, name in enumerate(there) if mask >> place & 1]
            fresh = self.people.split(issue, chosen, now=self.now)
            assert self.people.mentions(fresh.id) == chosen
            self.apart += [(name, left) for name in chosen for left in there if left not in chosen]

    def close(self, one: int, _: int) -> None:
        found = read_items(self.desk.database)
        if found:
            items.close(self.people.policy.desk, self.people.store, found[one % len(found)].id, "gordon", self.now)

    def seen(self) -> object:
        """All that is to see from outside."""
        items = read_items(self.desk.database, open_only=False)
        return self.people.all_issues(), self.people.members(), items, self.desk.sent()

    def check(self) -> None:
        self.people.require_order(self.told)
        for one, other in self.apart:
            assert not self.together(one, other), "what was split stays apart until people merge it"


@contextmanager
def world() -> Iterator[World]:
    """Three stories are told, and a fourth mention belongs to the first."""
    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        made = World(desk, People(desk.folder, desk.database), desk.another())
        for said in MENTIONS[:4]:
            made.handle(said)
        try:
            yield made
        finally:
            desk.database.close()


@given(st.lists(STEP, max_size=12))
@example([("merge", 0, 1), ("merge", 1, 1), ("merge", 2, 2), ("mention", 4, 1)])
@example([("merge", 0, 1), ("split", 0, 2), ("merge", 0, 1), ("split", 0, 2), ("restart", 0, 1), ("mention", 6, 1)])
@settings(max_examples=25, deadline=None)
def test_no_decision_loses_or_doubles_a_mention(steps: list[tuple[str, int, int]]) -> None:
    with world() as made:
        for what, one, other in steps:
            made.now += timedelta(seconds=1)
            act: Callable[[int, int], None] = getattr(made, what)
            before = made.seen()
            try:
                act(one, other)
            except Conflict:
                assert made.seen() == before
            made.check()
        before = made.seen()
        again = [tagged(one, claims=CLAIMS.get(one.id, ())) for one in MENTIONS if one.id in made.told]
        made.desk.another().handle(again)
        assert made.seen() == before, "redelivery changes nothing"
