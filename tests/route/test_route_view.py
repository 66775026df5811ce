"""The views that route keeps of files: right only with the same counter, bounded, trimmed late."""

from __future__ import annotations

from datetime import datetime, timedelta

from gordon.records import Issue, IssueWithStories, Story
from route.grouping import WINDOW, GroupIndex
from route.view import FileView, Views
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
    assert [bool(views.get(name, 1, MONDAY)) for name in "abc"] == [True, False, True]
    views = Views(mentions=5)
    for name in "abc":
        views.put(name, view(name, mentions=3))
    assert len(views) == 1
    views.put("d", view("d", mentions=9))
    assert len(views) == 1 and views.get("d", 1, MONDAY)


def test_trimming_waits_for_a_whole_window() -> None:
    kept = view()
    kept.load([issue_of(story("old", "An old matter of the harbour"))])
    kept.load([issue_of(story("new", "A new matter of the mountain", seen=MONDAY + 2 * WINDOW))])
    kept.trim(MONDAY + WINDOW)
    assert set(kept.issues) == {"issue-old", "issue-new"}
    kept.trim(MONDAY + WINDOW + timedelta(seconds=1))
    assert set(kept.issues) == {"issue-new"} and set(kept.revisions) == set(kept.homes) == {"new"}
    assert (len(kept.index), kept.since) == (1, MONDAY + WINDOW + timedelta(seconds=1))
