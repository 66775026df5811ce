"""The views that route keeps of files: right only with the same counter, bounded, trimmed late."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.records import Issue, IssueWithStories, Story
from route.grouping import WINDOW, GroupIndex
from route.view import REACH, SLACK, FileView, Views, reach
from tests.route.route_desk import MONDAY, story


def view(file: str = "f", *, counter: int = 1, since: datetime = MONDAY) -> FileView:
    return FileView(GroupIndex(file), since, counter)


def filled(file: str, *minutes: int) -> FileView:
    """A view with an issue of two mentions that was seen at each of these."""
    made = view(file)
    for minute in minutes:
        seen = MONDAY + timedelta(minutes=minute)
        made.load(
            [issue_of(*(story(f"{file}{minute}-{turn}", f"Matter{minute} of {file}", seen=seen) for turn in "ab"))]
        )
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


def test_of_too_many_mentions_the_issues_of_all_files_go_that_were_not_seen_for_longest() -> None:
    views = Views(mentions=20)
    busy, other, idle = filled("b", 1, 3, 5, 7, 9), filled("o", 2, 4, 6, 8), filled("i", 0)
    for name, one in (("b", busy), ("o", other), ("i", idle)):
        views.put(name, one)
    views.bound()
    assert len(busy.index) + len(other.index) + len(idle.index) == 20 and views.horizon < MONDAY
    busy.load([issue_of(story("new", "Another matter", seen=MONDAY + timedelta(minutes=10)))])
    views.bound()
    assert views.horizon > MONDAY + timedelta(minutes=1) and views.horizon < MONDAY + timedelta(minutes=2)
    assert [len(one.index) for one in (busy, other, idle)] == [9, 8, 0], "17 of at most 18"
    assert len(busy.issues) == 5 and busy.revisions.keys() == busy.homes.keys() and len(busy.homes) == 9
    assert views.get("b", 1, MONDAY) is busy and views.get("o", 1, MONDAY) is other, "used all the time, they stay"
    assert len(views) == 2, "a view of nothing is none"


def test_a_single_file_of_too_many_mentions_forgets_the_oldest_issues() -> None:
    views, kept = Views(mentions=19), filled("f", *range(0, -10, -1))
    views.put("f", kept)
    views.bound()
    assert len(kept.issues) == 8 and len(kept.index) == len(kept.revisions) == 16
    assert {"issue-f-8-a", "issue-f-9-a"}.isdisjoint(kept.issues)


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
