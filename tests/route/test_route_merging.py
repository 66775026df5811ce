"""Merges that a mention brings about, and what people decided about issues and mentions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.ids import issue_id
from gordon.records import Story
from route.grouping import GroupIndex, Placement, common_terms
from route.merging import Constraints, Separate
from tests.route.route_desk import MONDAY, story

LATER = MONDAY + timedelta(hours=1)
LAST = MONDAY + timedelta(hours=2)
BRIDGES = {
    "en": [
        story("boats", "Ferry captain suspended after grounding", "Captain Idris Quill lost his licence on Monday."),
        story("reef", "Coral bank at Tern Island torn open", "Divers count the damage.", seen=LATER),
        story("bridge", "Ferry captain suspended, coral bank at Tern Island torn open after grounding",
              "Captain Idris Quill lost his licence on Monday. Divers count the damage.", seen=LAST),
    ],
    "fr": [
        story("silo", "Le silo de Port-Ambre condamné par le préfet", "Garance Mouillet dépose un recours.", "fr"),
        story("poussiere", "Une poussière jaune recouvre les jardins du quai",
              "Les analyses de l'agence tombent jeudi.", "fr", seen=LATER),
        story("lien", "Silo de Port-Ambre condamné par le préfet : une poussière jaune recouvre les jardins du quai",
              "Garance Mouillet dépose un recours. Les analyses de l'agence tombent jeudi.", "fr", seen=LAST),
    ],
}  # fmt: skip


def placed(stories: list[Story], index: GroupIndex) -> list[Placement]:
    return [index.place(one) for one in stories]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_bridge_merges_two_issues_and_says_why(language: str) -> None:
    first, second, third = BRIDGES[language]
    index = GroupIndex("f", merging=True)
    *founded, bridge = placed([first, second, third], index)
    assert all(placement.new for placement in founded)
    (merge,) = bridge.merges
    assert (merge.kept, merge.gone) == (issue_id("f", first.mention), issue_id("f", second.mention)), "the older stays"
    assert bridge.issue == merge.kept and not bridge.new
    assert repr(first.title) in merge.why and repr(second.title) in merge.why and "needed" in merge.why
    assert index.place(second).issue == merge.kept
    assert index.place(story("echo", second.title, second.text, language)).issue == merge.kept


def test_without_merging_issues_stay_as_they_are() -> None:
    index = GroupIndex("f")
    founded, other, bridge = placed(BRIDGES["en"], index)
    assert bridge.merges == () and founded.issue != other.issue
    assert index.place(BRIDGES["en"][1]).issue == other.issue


@pytest.mark.parametrize("backwards", [False, True])
def test_issues_that_people_keep_apart_are_never_merged(backwards: bool) -> None:
    pair = [issue_id("f", one.mention) for one in BRIDGES["en"][:2]]
    apart = Constraints(apart=frozenset({frozenset(pair[::-1] if backwards else pair)}))
    index = GroupIndex("f", merging=True, constraints=apart)
    *_, bridge = placed(BRIDGES["en"], index)
    assert bridge.merges == () and bridge.issue in pair
    assert [index.place(one).issue for one in BRIDGES["en"][:2]] == pair


def test_apart_holds_through_merges_of_either() -> None:
    separate = Separate([frozenset({"a", "x"}), frozenset({"lonely"})])
    separate.merged("b", "a")
    separate.merged("y", "x")
    assert separate("b", "y") and separate("y", "b")
    assert not separate("a", "x") and not separate("b", "x") and not separate("b", "lonely")
    separate.merged("b", "stranger")
    assert separate("b", "y")


def test_a_mention_goes_where_people_put_it() -> None:
    boats, reef, bridge = BRIDGES["en"]
    home = issue_id("f", "reef")
    index = GroupIndex("f", constraints=Constraints(homes={"echo": home, "early": issue_id("f", "unseen")}))
    placed([boats, reef, bridge], index)
    placement = index.place(story("echo", boats.title, boats.text))
    assert (placement.issue, placement.new, placement.why) == (home, False, "people put it there")
    assert index.place(story("early", boats.title, boats.text)).issue == issue_id("f", "unseen")


def test_a_home_that_was_merged_is_the_issue_that_has_its_mentions() -> None:
    boats, reef, bridge = BRIDGES["en"]
    constraints = Constraints(homes={"echo": issue_id("f", "reef")})
    index = GroupIndex("f", merging=True, constraints=constraints)
    placed([boats, reef, bridge], index)
    assert index.place(story("echo", "Other words", "altogether")).issue == issue_id("f", "boats")
    index.forget(MONDAY + timedelta(days=1))
    assert index.place(story("echo", "Other words", "altogether")).issue == issue_id("f", "reef")


def test_a_merged_issue_leaves_nothing_behind_when_it_is_forgotten() -> None:
    index = GroupIndex("f", merging=True)
    placed(BRIDGES["en"], index)
    assert index.forget(MONDAY + timedelta(days=1)) == [issue_id("f", "boats")]
    assert len(index) == 0
    fresh = GroupIndex("f", merging=True)
    assert placed(BRIDGES["fr"], index) == placed(BRIDGES["fr"], fresh)


def test_what_opened_first_is_known_after_a_restart() -> None:
    boats, reef, bridge = BRIDGES["en"]
    index = GroupIndex("f", merging=True)
    index.restore("boats", [boats])
    index.restore("reef", [reef], opened=MONDAY - timedelta(days=1))
    index.restore("empty", [])
    (merge,) = index.place(bridge).merges
    assert (merge.kept, merge.gone) == ("reef", "boats")


WIRE = (
    "The Tern Island ferry ran onto the coral bank before dawn with forty people aboard. Nobody was hurt. The harbour "
    "office says the radar was off for repair, and that the captain had asked for a pilot twice that night."
)


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(5)), st.booleans())
def test_syndicated_copies_are_one_issue_in_any_order(order: list[int], merging: bool) -> None:
    copies = [
        story("wire", "Ferry aground", WIRE),
        story("gazette", "FERRY AGROUND!", WIRE.upper()),
        story("herald", "Ferry aground", f"(Agency) {WIRE}"),
        story("mirror", "Ferry aground", WIRE.replace("forty", "40")),
        story("other", "Bakery wins prize for rye bread", "The jury praised the crust and the price."),
    ]
    index = GroupIndex("f", threshold=2.0, merging=merging)
    homes = {copies[number].mention: index.place(copies[number]).issue for number in order}
    assert len({homes[name] for name in ("wire", "gazette", "herald", "mirror")}) == 1
    assert homes["other"] != homes["wire"]


NEWS = (
    "Library extends hours at Tern Island", "Tern Island council votes on parking", "Bank of Tern Island opens branch",
    "School bus route changes on Tern Island", "Rangers count herons on Tern Island", "Tern Island chess club moves",
    "Wharf repairs begin at Tern Island", "Tern Island bakery wins prize", "Food bank of Tern Island seeks volunteers",
    "Island ferry adds sailings", "Tern Island clinic hires nurse", "Snow bank blocks Tern Island lane",
)  # fmt: skip


def test_the_same_words_about_something_else_are_another_issue() -> None:
    index = GroupIndex("f", merging=True, common=common_terms([("Tern Island", "en")]))
    index.restore(
        "coral", [story("a", "Bank of coral at Tern Island closed", "Rangers close the reef to let it heal.")]
    )
    for number, title in enumerate(NEWS):
        index.restore(f"news-{number}", [story(f"news-{number}", title)])
    other = index.place(story("b", "Tern Island bank raises mortgage rates", "Savers follow the central lender."))
    assert other.issue == issue_id("f", "b") and other.why.startswith("the closest, ")
    rewritten = index.place(story("c", "Coral reef closed so that it can heal", "The rangers of Tern Island shut it."))
    assert rewritten.issue == "coral" and rewritten.why.startswith("tells the story of 'Bank of coral")


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 3), st.permutations([*BRIDGES["en"], *BRIDGES["fr"]]))
def test_a_restart_gives_the_same_answers(cut: int, stories: list[Story]) -> None:
    whole, before = GroupIndex("f", merging=True), GroupIndex("f", merging=True)
    wanted = placed(stories, whole)
    homes = {one.mention: before.place(one).issue for one in stories[:cut]}
    for merge in (merge for placement in wanted[:cut] for merge in placement.merges):
        homes = {mention: merge.kept if issue == merge.gone else issue for mention, issue in homes.items()}
    fresh = GroupIndex("f", merging=True)
    opened = {issue_id("f", one.mention): one.seen for one in stories}
    for issue in dict.fromkeys(homes.values()):
        fresh.restore(issue, [one for one in stories[:cut] if homes[one.mention] == issue], opened=opened[issue])
    again = placed(stories[cut:], fresh)
    assert [(one.issue, one.new, one.score) for one in again] == [
        (one.issue, one.new, one.score) for one in wanted[cut:]
    ]
    assert [[(m.kept, m.gone) for m in one.merges] for one in again] == [
        [(m.kept, m.gone) for m in one.merges] for one in wanted[cut:]
    ]
