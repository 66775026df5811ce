"""Grouping: clear stories group the same in any order, copies always join, revisions stay, windows end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.ids import issue_id
from gordon.records import Story
from route.copies import MOST
from route.grouping import AGEING, WINDOW, GroupIndex, common_terms
from route.sums import OFTEN, VISITED
from tests.route.route_desk import MONDAY, story

STORIES = {
    "flood": [
        story("flood-1", "Flood closes passport office in Lower Beaver",
              "Water entered the cellar of the Lower Beaver office. Staff moved to the public library."),
        story("flood-2", "Lower Beaver passport office under water",
              "The flooded office in Lower Beaver will work from the public library until the cellar is dry."),
        story("flood-3", "After the flood, Lower Beaver staff hand out passports in the library",
              "The office cellar was flooded on Monday; the library has lent its reading room."),
    ],
    "fees": [
        story("fees-1", "Passport fees to rise by nine dollars in April",
              "A ten-year passport will cost 169 dollars from April, the tariff notice says."),
        story("fees-2", "Nine dollars more for a passport from April",
              "The tariff notice raises the ten-year passport to 169 dollars."),
    ],
    "photos": [
        story("photos-1", "Why babies fail the passport photo test",
              "Photographer Odile Marsan explains why closed eyes and dummies get infants' photos refused."),
        story("photos-2", "Photographer Odile Marsan on baby photos that get refused",
              "Closed eyes, dummies, shadows: the photo test is hard on infants, Marsan says."),
    ],
    "greve": [
        story("greve-1", "Grève au bureau des passeports de Rivière-Noire",
              "Le syndicat des commis a voté la grève à 82 %; le bureau de Rivière-Noire ferme lundi.", "fr"),
        story("greve-2", "Les commis de Rivière-Noire votent la grève",
              "À 82 %, le syndicat a choisi la grève. Le bureau des passeports fermera lundi.", "fr"),
        story("greve-3", "Rivière-Noire : bureau fermé lundi, le syndicat en grève",
              "Après un vote à 82 %, les commis du bureau des passeports débraient.", "fr"),
    ],
    "tunnel": [
        story("tunnel-1", "Un passeport oublié dans le tunnel du Mont-Gris retrouvé après vingt ans",
              "Le passeport de l'alpiniste Jeanne Ouellet dormait dans une niche du tunnel.", "fr"),
        story("tunnel-2", "Jeanne Ouellet retrouve son passeport, perdu dans un tunnel il y a vingt ans",
              "L'alpiniste l'avait oublié dans une niche du tunnel du Mont-Gris.", "fr"),
    ],
}  # fmt: skip
EVERY = [one for stories in STORIES.values() for one in stories]


def groups(stories: list[Story], index: GroupIndex) -> set[frozenset[str]]:
    issues: dict[str, set[str]] = {}
    for one in stories:
        issues.setdefault(index.place(one).issue, set()).add(one.mention)
    return {frozenset(mentions) for mentions in issues.values()}


@settings(max_examples=100, deadline=None)
@given(st.permutations(EVERY))
def test_clear_stories_group_the_same_in_any_order(stories: list[Story]) -> None:
    wanted = {frozenset(one.mention for one in told) for told in STORIES.values()}
    assert groups(stories, GroupIndex("f")) == wanted
    assert groups(stories, GroupIndex("f", common=common_terms([("passport", "en"), ("passeport", "fr")]))) == wanted


@settings(max_examples=30, deadline=None)
@given(st.permutations(EVERY), st.integers(0, len(EVERY)))
def test_a_restart_in_between_changes_nothing(stories: list[Story], cut: int) -> None:
    index = GroupIndex("f")
    placed = {one.mention: index.place(one).issue for one in stories[:cut]}
    fresh = GroupIndex("f")
    for issue in sorted(set(placed.values())):
        fresh.restore(issue, [one for one in stories[:cut] if placed[one.mention] == issue])
    placed |= {one.mention: fresh.place(one).issue for one in stories[cut:]}
    told = {name: {placed[one.mention] for one in stories} for name, stories in STORIES.items()}
    assert all(len(issues) == 1 for issues in told.values())
    assert len(set.union(*told.values())) == len(STORIES)


def test_the_first_mention_names_the_issue_and_every_placement_says_why() -> None:
    index = GroupIndex("f")
    first, second, other = (index.place(one) for one in (*STORIES["fees"], STORIES["flood"][0]))
    assert (first.issue, first.new, first.why) == (issue_id("f", "fees-1"), True, "nothing like it in the last days")
    assert (second.issue, second.new, second.known) == (first.issue, False, False)
    assert second.why.startswith("tells the story of 'Passport fees to rise by nine dollars in April' (score 0.")
    assert other.new and other.issue == issue_id("f", "flood-1")
    assert len(index) == 3


LONG = " ".join(f"word{number} of{number % 7}" for number in range(120))


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (story("b", "Entirely different", "Nothing in common at all here", url="http://www.a.example/post/?utm_source=x"),
         "has the same address"),
        (story("b", "A TITLE, that is long", "with a text"), "has the same words"),
    ],
)  # fmt: skip
def test_copies_always_join(other: Story, why: str) -> None:
    index = GroupIndex("f", threshold=2.0)
    index.place(story("a", "A title that is long", "With a text.", url="https://a.example/post"))
    placement = index.place(other)
    assert (placement.issue, placement.new, placement.why) == (issue_id("f", "a"), False, why)


def test_nearly_the_same_wording_joins_whatever_the_threshold() -> None:
    index = GroupIndex("f", threshold=2.0)
    index.place(story("a", "Report", LONG))
    placement = index.place(story("b", "Report", LONG.replace("word60", "changed") + " (agency)"))
    assert placement.issue == issue_id("f", "a")
    assert placement.why == "nearly the words of 'Report'"
    assert index.place(story("c", "Report", LONG[: len(LONG) // 4])).new


def test_the_words_of_an_older_revision_draw_no_copies() -> None:
    index = GroupIndex("f", threshold=2.0)
    index.place(story("a", "Report", LONG, url="https://a.example/first"))
    index.place(story("a", "Report", "withdrawn by its author", revision=2, url="https://a.example/second"))
    assert index.place(story("b", "Report", LONG, url="https://a.example/first")).new


@pytest.mark.parametrize("backwards", [False, True])
def test_a_copy_follows_the_latest_of_its_like(backwards: bool) -> None:
    index = GroupIndex("f", threshold=2.0)
    told = [story(name, "Report", LONG, seen=MONDAY + timedelta(hours=hour)) for hour, name in enumerate("zab")]
    for one in told[::-1] if backwards else told:
        index.restore(f"issue-{one.mention}", [one])
    assert index.place(story("copy", "Report", LONG)).issue == "issue-b"
    assert index.place(story("near", "Report", LONG + " (agency)")).issue == "issue-b"


def test_what_hundreds_of_mentions_end_with_is_compared_with_a_few() -> None:
    index = GroupIndex("f", threshold=2.0)
    for number in range(MOST + 5):
        index.restore(f"issue-{number:02}", [story(f"m{number:02}", "", LONG)])
    assert index.place(story("copy", "", LONG)).issue == f"issue-{MOST + 4}"
    assert len(index.forget(MONDAY + timedelta(days=1))) == MOST + 5
    assert index.place(story("next", "", LONG)).new, "nothing of them is left"


def test_one_or_two_equal_words_are_no_copy() -> None:
    index = GroupIndex("f", threshold=2.0)
    assert [index.place(story(name, "Weekly update")).new for name in "ab"] == [True, True]


def test_a_revision_stays_where_its_mention_is() -> None:
    index = GroupIndex("f")
    index.place(STORIES["flood"][0])
    fees = index.place(STORIES["fees"][0])
    edited = story("flood-1", STORIES["fees"][1].title, STORIES["fees"][1].text, revision=2)
    again = index.place(edited)
    assert (again.issue, again.known, again.new) == (issue_id("f", "flood-1"), True, False)
    assert len(index) == 2
    third = index.place(story("x", STORIES["flood"][1].title, STORIES["flood"][1].text))
    assert third.new, "the older revision is no longer compared"
    assert fees.new


def test_an_issue_outside_the_window_gets_no_more_mentions() -> None:
    first, second = STORIES["fees"]
    within = story(second.mention, second.title, second.text, seen=MONDAY + WINDOW)
    beyond = story(second.mention, second.title, second.text, seen=MONDAY + WINDOW + timedelta(seconds=1))
    copy = story("copy", first.title, first.text, seen=MONDAY + WINDOW + timedelta(seconds=1))
    for late, new in ((within, False), (beyond, True), (copy, True)):
        index = GroupIndex("f")
        index.place(first)
        assert index.place(late).new is new


def test_the_longer_an_issue_was_quiet_the_more_a_mention_must_be_like_it() -> None:
    first, second = STORIES["photos"]
    scores = []
    for days in (-3, 0, 4, 10):
        index = GroupIndex("f", threshold=2.0)
        index.place(first)
        later = story(second.mention, second.title, second.text, seen=MONDAY + timedelta(days=days))
        scores.append(index.place(later).score)
    late, at_once, within_days, within_weeks = scores
    assert late == at_once > 0
    assert within_days == pytest.approx(at_once / (1 + 4 * AGEING), abs=1e-6)
    assert within_weeks == pytest.approx(at_once / (1 + 10 * AGEING), abs=1e-6)


def test_forgotten_issues_leave_nothing_behind() -> None:
    index = GroupIndex("f")
    index.place(STORIES["fees"][0])
    later = story("flood-1", STORIES["flood"][0].title, STORIES["flood"][0].text, seen=MONDAY + timedelta(days=3))
    index.place(later)
    assert index.forget(MONDAY + timedelta(days=1)) == [issue_id("f", "fees-1")]
    assert len(index) == 1
    assert index.place(STORIES["fees"][1]).new
    assert index.place(story("copy", STORIES["fees"][0].title, STORIES["fees"][0].text)).issue != issue_id(
        "f", "fees-1"
    )
    assert index.forget(MONDAY) == []
    assert len(index.forget(datetime.max.replace(tzinfo=UTC))) == 2 and len(index) == 0


def test_words_that_everybody_uses_lead_nowhere() -> None:
    index = GroupIndex("f", threshold=2.0)
    for number in range(OFTEN + 1):
        index.place(story(f"m{number}", "Passport", f"w{number}"))
    assert index.place(story("next", "Passport", "other")).why == "nothing like it in the last days"


def test_the_weightiest_terms_lead_on_and_the_rest_are_not_followed() -> None:
    index = GroupIndex("f", threshold=2.0)
    for number in range(3):
        for turn in range(VISITED // 2):
            index.place(story(f"m{number}-{turn}", f"Common{number}", f"w{number}x{turn}"))
    rare = index.place(story("rare", "Common0 Common1 Common2", "w2x7"))
    assert rare.new and rare.why.startswith("the closest, 'Common2'"), "the rare word comes first"
