"""What route remembers of the files between batches, so that it need not read their issues anew. In memory, bounded.

A view is right as long as the file's change counter is the one it was made with; a batch that fails throws away the
views it touched.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from gordon.records import Issue, IssueWithStories
from route.grouping import WINDOW, GroupIndex

MOST_FILES = 2_000
MOST_MENTIONS = 200_000


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

    def trim(self, since: datetime) -> None:
        """Forgets what grouping no longer looks at; not at once, as late mentions would make the view load again."""
        if since - self.since <= WINDOW:
            return
        gone = set(self.index.forget(since))
        self.since = since
        self.issues = {name: issue for name, issue in self.issues.items() if name not in gone}
        self.homes = {mention: issue for mention, issue in self.homes.items() if issue not in gone}
        self.revisions = {mention: self.revisions[mention] for mention in self.homes}


class Views:
    """The views of the files used last."""

    def __init__(self, *, files: int = MOST_FILES, mentions: int = MOST_MENTIONS) -> None:
        self._views: OrderedDict[str, FileView] = OrderedDict()
        self._files, self._mentions = files, mentions

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
        """Keeps a view, in place of those not used for longest."""
        self._views[file] = view
        self._views.move_to_end(file)
        while len(self._views) > 1 and (len(self._views) > self._files or self._total() > self._mentions):
            self._views.popitem(last=False)

    def drop(self, files: Collection[str]) -> None:
        """These may no longer be right."""
        for file in files:
            self._views.pop(file, None)

    def _total(self) -> int:
        return sum(len(view.revisions) for view in self._views.values())
