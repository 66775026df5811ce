"""The views that route keeps of files: right only with the same counter, bounded, trimmed late."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.records import Issue, IssueWithStories, Story
from route.grouping import WINDOW, GroupIndex
from route.view import REACH, SLACK, FileView, Views, reach
from tests.route.route_desk import MONDAY, story


def view(file: str = "f", *, counter: int = 1, since: datetime = MONDAY, mentions: int = 0) -> FileView:
    made = FileView(GroupIndex(file), since, counter)
    for number in range(mentions):
        made.note(f"{file}-{number}", 1, "issue")
    return made


def issue_of(*stories: Story, state: str = "open") -> IssueWithStories:
    first = stories[0]
    issue = Issue(
        id=f"issue-{first.mention}",
        file="f",
        title=first.title,
        state=state,
        opened=first.seen,
        last_seen=stories[-1].seen,
        mentions=len(stories),
    )  # type: ignore[arg-type]  # state is any text here
    return IssueWithStories(issue=issue, stories=stories)


def test_a_view_is_right_only_with_its_counter_and_reach() -> None:
    views, kept = Views(), view()
    views.put("f", kept)
    assert views.get("f", 1, MONDAY) is kept
    assert views.get("f", 1, MONDAY + timedelta(days=1)) is kept
    assert views.get("f", 2, MONDAY) is None
    assert views.get("f", 1, MONDAY - timedelta(seconds=1)) is None
    assert views.get("g", 1, MONDAY) is None
    views.drop(["f", "g"])
    assert views.get("f", 1, MONDAY) is None


def test_the_least_recently_used_views_go() -> None:
    views = Views(files=2)
    for name in "ab":
        views.put(name, view(name))
    assert views.get("a", 1, MONDAY)
    views.put("c", view("c"))
    views.bound()
    assert [bool(views.get(name, 1, MONDAY)) for name in "abc"] == [True, False, True]
    views = Views(mentions=5)
    for name in "abc":
        views.put(name, view(name, mentions=3))
    views.bound()
    assert len(views) == 1
    views.put("d", view("d", mentions=9))
    views.bound()
    assert len(views) == 1 and views.get("d", 1, MONDAY)


def test_trimming_goes_by_weeks() -> None:
    kept = view(since=reach(MONDAY))
    kept.load([issue_of(story("old", "An old matter of the harbour"))])
    kept.load([issue_of(story("new", "A new matter of the mountain", seen=MONDAY + WINDOW))])
    kept.trim(MONDAY + REACH)
    assert set(kept.issues) == {"issue-old", "issue-new"} and kept.since == reach(MONDAY + REACH)
    kept.trim(MONDAY + 2 * REACH)
    assert set(kept.issues) == {"issue-new"} and set(kept.revisions) == set(kept.homes) == {"new"}
    assert len(kept.index) == 1
    kept.trim(MONDAY)
    assert kept.since == reach(MONDAY + 2 * REACH), "a late mention brings nothing back"


@settings(max_examples=50, deadline=None)
@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.timedeltas(timedelta(0), 3 * REACH))
def test_a_view_reaches_a_bit_further_than_asked(asked: datetime, more: timedelta) -> None:
    since = asked.replace(tzinfo=UTC)
    assert SLACK <= since - reach(since) < SLACK + REACH
    assert reach(since).weekday() == 0 and reach(since).time() == time(0)
    assert reach(since) <= reach(since + more)


def test_a_view_made_anew_knows_what_one_does_that_went_on() -> None:
    told = [story(f"m{day}", f"Matter{day} of the harbour", seen=MONDAY + timedelta(days=day)) for day in range(40)]
    for today in range(40):
        since = MONDAY + timedelta(days=today) - WINDOW
        went_on, anew = view(since=reach(MONDAY - WINDOW)), view(since=reach(since))
        for day in range(today + 1):
            went_on.trim(MONDAY + timedelta(days=day) - WINDOW)
            went_on.load([issue_of(told[day])])
        anew.load([issue_of(one) for one in told[: today + 1] if one.seen >= anew.since])
        assert went_on.revisions == anew.revisions and went_on.since == anew.since


def test_a_file_of_too_many_mentions_forgets_the_issues_not_seen_for_longest() -> None:
    kept = view(since=reach(MONDAY))
    for number in range(10):
        first, second = (
            story(f"m{number}-{turn}", f"Matter{number} of the harbour", seen=MONDAY + timedelta(minutes=-number))
            for turn in range(2)
        )
        kept.load([issue_of(first, second)])
    kept.trim(MONDAY, most=20)
    assert len(kept.issues) == 10
    kept.trim(MONDAY, most=19)
    assert len(kept.issues) == 8 and len(kept.index) == len(kept.revisions) == 16
    assert {"issue-m8-0", "issue-m9-0"}.isdisjoint(kept.issues)
