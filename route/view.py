"""What route remembers of the files between batches, so that it need not read their issues anew. In memory, bounded.

A view is right as long as the file's change counter is the one it was made with; a batch that fails throws away the
views it touched.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from gordon.records import Issue, IssueWithStories
from route.grouping import GroupIndex

MOST_FILES = 2_000
MOST_MENTIONS = 120_000
"""Of all views together. One takes 4 to 7 kB: 0.5 to 0.8 GB at most."""
REACH = timedelta(days=7)
"""Views begin with a week, so that one that is made anew knows what an older one does; late mentions find theirs."""
SLACK = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)


def reach(since: datetime) -> datetime:
    """How far a view goes back that is asked for issues seen at or after ``since``: a bit more, to a Monday."""
    return since - (since - SLACK - EPOCH) % REACH - SLACK


@dataclass(slots=True)
class FileView:
    """One file: the issues seen at or after ``since``, the revisions of their mentions, and the index over them."""

    index: GroupIndex
    since: datetime
    counter: int = 0
    issues: dict[str, Issue] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)

    def load(self, found: Iterable[IssueWithStories]) -> None:
        """Takes in what the store knows."""
        for entry in found:
            self.issues[entry.issue.id] = entry.issue
            self.index.restore(entry.issue.id, entry.stories, opened=entry.issue.opened)
            for story in entry.stories:
                self.note(story.mention, story.revision, entry.issue.id)

    def note(self, mention: str, revision: int, issue: str) -> None:
        """The mention is in this issue in this revision."""
        self.revisions[mention] = revision
        self.homes[mention] = issue

    def merge(self, kept: Issue, gone: str, mentions: Iterable[str]) -> None:
        """An issue as it stands with the mentions of another, which is no more. The index knows."""
        self.issues[kept.id] = kept
        del self.issues[gone]
        self.homes.update(dict.fromkeys(mentions, kept.id))

    def trim(self, since: datetime) -> None:
        """Forgets what grouping no longer looks at, week by week, as late mentions would make the view load again."""
        if reach(since) > self.since:
            self.since = reach(since)
            self.forget(self.since)

    def forget(self, before: datetime) -> None:
        """Forgets the issues last seen before this moment."""
        gone = set(self.index.forget(before))
        if gone:
            self.issues = {name: issue for name, issue in self.issues.items() if name not in gone}
            self.homes = {mention: issue for mention, issue in self.homes.items() if issue not in gone}
            self.revisions = {mention: self.revisions[mention] for mention in self.homes}


class Views:
    """The views of the files used last, with so many ``mentions`` in all of them.

    ``horizon``: what was last seen before it is forgotten in all files, as there were too many mentions. A file that is
    in use all the time keeps its view: to let go of it would mean to read it anew in the next batch.
    """

    def __init__(self, *, files: int = MOST_FILES, mentions: int = MOST_MENTIONS) -> None:
        self._views: OrderedDict[str, FileView] = OrderedDict()
        self._files, self._mentions = files, mentions
        self.horizon = datetime.min.replace(tzinfo=UTC)

    def __len__(self) -> int:
        return len(self._views)

    def get(self, file: str, counter: int, since: datetime) -> FileView | None:
        """The file's view, if it is still right and reaches back far enough."""
        view = self._views.get(file)
        if view is None or view.counter != counter or view.since > since:
            return None
        self._views.move_to_end(file)
        return view

    def put(self, file: str, view: FileView) -> None:
        """Keeps a view."""
        self._views[file] = view
        self._views.move_to_end(file)

    @property
    def mentions(self) -> int:
        """How many there are in all of them."""
        return sum(len(view.index) for view in self._views.values())

    @property
    def most(self) -> int:
        """How many there may be."""
        return self._mentions

    def bound(self) -> None:
        """Lets go of the views not used for longest, if there are too many; and of the issues not seen for longest in
        all of them, down to nine tenths of the mentions, if there are too many of those."""
        while len(self._views) > self._files:
            self._views.popitem(last=False)
        mentions = self.mentions
        if mentions > self._mentions:
            self.horizon = max(self.horizon, self._last_gone(mentions - self._mentions * 9 // 10) + INSTANT)
            for file, view in list(self._views.items()):
                view.forget(self.horizon)
                if not view.issues:
                    del self._views[file]

    def _last_gone(self, surplus: int) -> datetime:
        """When the youngest of the oldest issues was seen that have so many mentions."""
        ages = sorted(age for view in self._views.values() for age in view.index.ages())
        reached = accumulate(mentions for _, mentions in ages)
        return next(seen for (seen, _), total in zip(ages, reached, strict=True) if total >= surplus)

    def drop(self, files: Collection[str]) -> None:
        """These may no longer be right."""
        for file in files:
            self._views.pop(file, None)
