"""The little of Markdown that the tests of the documents read: headings, tables, code spans, fences and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(r"^```.*?^```[ \t]*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+)\s+(.*?)\s*$")
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CELL = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its cells as written."""

    cells: tuple[str, ...]

    def code(self, column: int = 0) -> list[str]:
        """The code spans of a cell."""
        return _SPAN.findall(self.cells[column])


@dataclass(slots=True)
class Section:
    """What stands under one heading, down to the next heading of any level. Without fences."""

    title: str
    lines: list[str] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        """The rows of its tables, without their heads."""
        rows: list[Row] = []
        for above, line in zip(["", *self.lines], self.lines, strict=False):
            if not line.startswith("|"):
                continue
            if not above.startswith("|"):
                continue  # the head
            if not set(line) <= set("|-: "):
                rows.append(Row(tuple(cell.strip() for cell in _CELL.split(line)[1:-1])))
        return rows

    def names(self) -> list[str]:
        """The first code span of the first cell of each row; a row without one raises IndexError."""
        return [row.code()[0] for row in self.rows]


def sections(path: Path) -> dict[str, Section]:
    """The sections of a document by title (without backticks); "" is what stands above the first heading."""
    found = {"": Section("")}
    current = found[""]
    for line in _FENCE.sub("", path.read_text(encoding="utf-8")).splitlines():
        heading = _HEADING.match(line)
        if heading:
            title = heading[2].replace("`", "")
            assert title not in found, f"{path.name} has two headings {title!r}"
            current = found[title] = Section(title)
        else:
            current.lines.append(line)
    return found


def rows(path: Path) -> list[Row]:
    """All rows of all tables."""
    return [row for section in sections(path).values() for row in section.rows]


def spans(path: Path) -> list[str]:
    """All code spans outside fences."""
    return _SPAN.findall(_FENCE.sub("", path.read_text(encoding="utf-8")))


def fenced_lines(path: Path) -> Iterator[str]:
    """The lines inside fences, without comments."""
    for fence in _FENCE.findall(path.read_text(encoding="utf-8")):
        for line in fence.splitlines()[1:-1]:
            yield re.sub(r"(^|\s)#.*", "", line).strip()


def links(path: Path) -> list[str]:
    """The targets of all links outside fences."""
    return _LINK.findall(_FENCE.sub("", path.read_text(encoding="utf-8")))


def anchors(path: Path) -> set[str]:
    """The anchors that the headings of a document have."""
    return {re.sub(r"[^\w\- ]", "", section.title.lower()).replace(" ", "-") for section in sections(path).values()}
