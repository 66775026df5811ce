"""Merges that a mention brings about, and what people decided about issues and mentions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.ids import issue_id
from gordon.records import Decisions, Story
from route.grouping import AGEING, GroupIndex, Placement, common_terms
from route.merging import Separate
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


def test_an_issue_that_was_quiet_for_long_must_be_the_more_alike_to_be_merged() -> None:
    boats, reef, bridge = BRIDGES["en"]
    scores = []
    for days in (6, 12):
        index = GroupIndex("f", merging=True)
        index.restore("reef", [story("reef", reef.title, reef.text)])
        moment = MONDAY + timedelta(days=days)
        index.place(story("boats", boats.title, boats.text, seen=moment))
        (merge,) = index.place(story("bridge", bridge.title, bridge.text, seen=moment)).merges
        scores.append(merge.score)
    assert scores[1] == pytest.approx(scores[0] * (1 + 6 * AGEING) / (1 + 12 * AGEING), abs=1e-6)


@pytest.mark.parametrize("backwards", [False, True])
def test_issues_that_people_keep_apart_are_never_merged(backwards: bool) -> None:
    pair = [issue_id("f", one.mention) for one in BRIDGES["en"][:2]]
    one, other = pair[::-1] if backwards else pair
    index = GroupIndex("f", merging=True)
    index.constrain(Decisions(apart=frozenset({(one, other)})))
    *_, bridge = placed(BRIDGES["en"], index)
    assert bridge.merges == () and bridge.issue in pair
    assert [index.place(one).issue for one in BRIDGES["en"][:2]] == pair


def test_apart_holds_through_merges_of_either() -> None:
    separate = Separate()
    separate.part([("a", "x"), ("lonely", "lonely")])
    separate.merged("b", "a")
    separate.merged("y", "x")
    assert separate("b", "y") and separate("y", "b")
    assert not separate("a", "x") and not separate("b", "x") and not separate("b", "lonely")
    separate.merged("b", "stranger")
    assert separate("b", "y")


def test_a_mention_goes_where_people_put_it() -> None:
    boats, reef, bridge = BRIDGES["en"]
    home = issue_id("f", "reef")
    index = GroupIndex("f")
    index.constrain(Decisions(homes={"echo": home, "early": issue_id("f", "unseen")}))
    placed([boats, reef, bridge], index)
    placement = index.place(story("echo", boats.title, boats.text))
    assert (placement.issue, placement.new, placement.why) == (home, False, "people put it there")
    assert index.place(story("early", boats.title, boats.text)).issue == issue_id("f", "unseen")


def test_a_home_that_was_merged_is_the_issue_that_has_its_mentions() -> None:
    index = GroupIndex("f", merging=True)
    index.constrain(Decisions(homes={"echo": issue_id("f", "reef"), "third": issue_id("f", "third")}))
    placed(BRIDGES["en"], index)
    assert index.place(story("echo", "Other words", "altogether")).issue == issue_id("f", "boats")
    index.constrain(Decisions(homes={"late": issue_id("f", "reef")}))
    assert index.place(story("late", "Words of its own", "as well")).issue == issue_id("f", "boats")
    assert index.place(story("third", "Harbour fair", "on Sunday")).issue == issue_id("f", "third")


def test_people_merge_issues_whatever_they_say() -> None:
    boats, reef, bridge = BRIDGES["en"]
    index = GroupIndex("f", merging=True)
    index.constrain(Decisions(apart=frozenset({(issue_id("f", "boats"), issue_id("f", "reef"))})))
    placed([boats, reef], index)
    index.merge(issue_id("f", "boats"), issue_id("f", "reef"))
    index.merge(issue_id("f", "boats"), issue_id("f", "reef"))
    kept = issue_id("f", "reef")
    assert index.place(boats).issue == index.place(bridge).issue == kept
    assert index.place(story("echo", boats.title, boats.text)).issue == kept
    assert index.forget(LAST + timedelta(days=1)) == [kept] and len(index) == 0


def test_issues_that_are_not_in_the_window_merge_as_well() -> None:
    boats, reef, _ = BRIDGES["en"]
    index = GroupIndex("f")
    placed([boats, reef], index)
    index.constrain(Decisions(homes={"echo": "old"}))
    index.merge("old", issue_id("f", "boats"))
    assert index.place(story("echo", "Other words", "altogether")).issue == issue_id("f", "boats")
    index.merge(issue_id("f", "reef"), "older")
    assert index.place(reef).issue == "older"
    assert index.place(story("copy", reef.title, reef.text)).issue == "older"


def test_a_mention_that_people_move_takes_its_copies_along() -> None:
    boats, reef, bridge = BRIDGES["en"]
    index = GroupIndex("f")
    first, second, third = (placement.issue for placement in placed([boats, reef, bridge], index))
    index.move(["bridge", "to come"], issue_id("f", "bridge"))
    assert third == second != first and index.place(bridge).issue == issue_id("f", "bridge")
    echo = index.place(story("echo", bridge.title, bridge.text))
    assert (echo.issue, echo.why) == (issue_id("f", "bridge"), "has the same words")
    assert index.place(story("to come", "Harbour fair", "on Sunday")).issue == issue_id("f", "bridge")
    index.move(["boats", "bridge"], second)
    index.move(["boats"], second)
    assert [index.place(one).issue for one in (boats, bridge)] == [second, second]
    assert first not in index.forget(LAST + timedelta(days=1)), "its last mention left it"


def test_an_issue_ages_by_the_mentions_that_it_has() -> None:
    boats, reef, bridge = BRIDGES["en"]
    index = GroupIndex("f")
    placed([boats, reef, bridge], index)
    index.move(["bridge"], issue_id("f", "boats"))
    assert index.forget(LAST) == [issue_id("f", "reef")], "it was last seen with the mention that left"
    assert len(index) == 2


def test_an_issue_that_was_merged_can_be_itself_again() -> None:
    index = GroupIndex("f")
    boats, reef, _ = BRIDGES["en"]
    placed([boats, reef], index)
    index.merge(issue_id("f", "reef"), issue_id("f", "boats"))
    index.move(["reef"], issue_id("f", "reef"))
    assert [index.place(one).issue for one in (boats, reef)] == [issue_id("f", "boats"), issue_id("f", "reef")]


def test_decisions_hold_before_and_after_the_mentions_are_known() -> None:
    decided = Decisions(homes={"bridge": issue_id("f", "boats"), "reef": "elsewhere"})
    before, after = GroupIndex("f"), GroupIndex("f")
    before.constrain(decided)
    placed(BRIDGES["en"], before)
    placed(BRIDGES["en"], after)
    after.constrain(decided)
    again = [placed(BRIDGES["en"], index) for index in (before, after)]
    assert again[0] == again[1]
    assert [one.issue for one in again[0]] == [issue_id("f", "boats"), "elsewhere", issue_id("f", "boats")]


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
