"""Subscriptions from OPML 2.0: every mistake with its line. Editing is in ingest/opml_edit.py.

A feed is an outline with an ``xmlUrl``; the outlines around it are its folder. Its id is ``gordon:id`` (namespace
urn:gordon:opml:1), else host and a short hash of the address; ``gordon:fulltext`` asks for the pages of its entries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from gordon import ids
from gordon.errors import Problem
from gordon.hosts import host_of, redact
from gordon.polling import Feed
from ingest.charset import decode
from ingest.clean import line as one_line
from ingest.url import target

NAMESPACE = "urn:gordon:opml:1"
MOST_DEPTH = 100
MOST_BYTES = 50 * 1024**2
_TAG = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")
_YES, _NO = ("true", "yes", "1"), ("", "false", "no", "0")


@dataclass(slots=True)
class Outline:
    """One outline and its place in the file: ``start`` and ``end`` in bytes of its UTF-8; ``inner``: where its
    children end (-1: it closes itself). ``attributes`` as written."""

    attributes: Mapping[str, str]
    folder: tuple[str, ...]
    line: int
    start: int
    end: int = -1
    inner: int = -1

    def get(self, name: str) -> str:
        """An attribute, whatever the case of its name, as files in the wild have it."""
        return next((value.strip() for key, value in self.attributes.items() if key.lower() == name.lower()), "")

    @property
    def name(self) -> str:
        return one_line(self.get("text") or self.get("title"), 200)


@dataclass(slots=True)
class Tree:
    """A parsed file. ``namespaces``: those the root binds, by prefix, ``prefix`` being the one of ours; ``root``,
    ``body``, ``body_end``: places in bytes."""

    data: bytes
    outlines: list[Outline] = field(default_factory=list)
    problems: list[tuple[int, str, str]] = field(default_factory=list)
    prefix: str = ""
    namespaces: dict[str, str] = field(default_factory=dict)
    root: int = -1
    body: int = -1
    body_end: int = -1


def read(path: Path) -> tuple[tuple[Feed, ...], list[Problem]]:
    """The subscriptions of a file and all mistakes in it. A missing file is an empty list of subscriptions."""
    if not path.exists():
        return (), []
    try:
        data = path.read_bytes()
    except OSError as error:
        return (), [Problem(path.name, 0, f"cannot be read: {error}", "check permissions")]
    return read_bytes(data, path.name)


def read_bytes(data: bytes, name: str) -> tuple[tuple[Feed, ...], list[Problem]]:
    """As ``read``, from bytes; ``name`` is the file in the problems."""
    tree = parse(data)
    feeds: dict[str, Feed] = {}
    seen: dict[str, int] = {}
    for outline in tree.outlines:
        feed = feed_of(outline, tree)
        if feed is None:
            continue
        for what, value in (("address", feed.url), ("id", feed.id)):
            if f"{what} {value}" in seen:
                where = seen[f"{what} {value}"]
                tree.problems.append(
                    (outline.line, f"{what} {redact(value)!r} is already on line {where}", "remove one")
                )
                break
            seen[f"{what} {value}"] = outline.line
        else:
            feeds[feed.id] = feed
    return tuple(feeds.values()), sorted(Problem(name, *problem) for problem in tree.problems)


def feed_id(url: str) -> str:
    """The id of a feed that was given none: readable, and for ever the same for the same address."""
    return f"{re.sub(r'[^a-z0-9.-]', '-', host_of(url)) or 'feed'}-{ids.digest(url.encode(), 8)}"


def parse(data: bytes) -> Tree:
    """The outlines of a document, as far as it is well-formed; expat does not load anything from elsewhere, and
    declarations of entities are refused."""
    tree = Tree(decode(data[:MOST_BYTES]).encode("utf-8", "replace"))
    if not tree.data.strip():
        tree.problems.append((0, "the file is empty", "write an OPML document, or remove the file"))
        return tree
    reader = _Reader(tree)
    try:
        reader.parser.Parse(tree.data, True)
    except expat.ExpatError as error:
        if not reader.refused:
            why = expat.ErrorString(error.code)
            tree.problems.append((error.lineno, f"not well-formed XML: {why}", "check the tags around this line"))
    if tree.root >= 0 and tree.body_end < 0 and not tree.problems:
        tree.problems.append((0, "the document has no body", "an OPML document holds head and body"))
    return tree


class _Reader:
    """The handlers of one expat run."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._open: list[Outline] = []
        self.refused = False
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._entity

    def _entity(self, *_: object) -> None:
        self._refuse("entity declarations are refused", "remove the DTD")

    def _refuse(self, why: str, remedy: str) -> None:
        self._tree.problems.append((self.parser.CurrentLineNumber, why, remedy))
        self.refused = True
        raise expat.ExpatError(why)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tree, place = self._tree, self.parser.CurrentByteIndex
        if tree.root < 0:
            tree.root = place
            bind(tree, attributes)
            if name.lower() != "opml":
                problem = f"the root element is {name[:40]!r}, not 'opml'"
                tree.problems.append((self.parser.CurrentLineNumber, problem, "this is not an OPML file"))
        elif name.lower() == "body":
            tree.body = place
        elif name.lower() == "outline":
            if len(self._open) >= MOST_DEPTH:
                self._refuse(f"folders nest deeper than {MOST_DEPTH}", "move feeds up")
            folder = tuple(outline.name for outline in self._open)
            outline = Outline(attributes, folder, self.parser.CurrentLineNumber, place)
            tree.outlines.append(outline)
            self._open.append(outline)

    def _end(self, name: str) -> None:
        place, data = self.parser.CurrentByteIndex, self._tree.data
        if name.lower() == "body":
            self._tree.body_end = self._tree.body if _closes_itself(data, self._tree.body) else place
        elif name.lower() == "outline" and self._open:
            outline = self._open.pop()
            closed = _closes_itself(data, outline.start)
            outline.inner = -1 if closed else place
            outline.end = tag_end(data, outline.start if closed else place)


def _closes_itself(data: bytes, start: int) -> bool:
    end = tag_end(data, start)
    return data[end - 2 : end] == b"/>"


def bind(tree: Tree, attributes: Mapping[str, str]) -> None:
    """Notes the namespaces that these attributes bind."""
    for key, value in attributes.items():
        if key.startswith("xmlns:"):
            tree.namespaces.setdefault(key[6:], value.strip())
    tree.prefix = next((prefix for prefix, uri in tree.namespaces.items() if uri == NAMESPACE), "")


def tag_end(data: bytes, start: int) -> int:
    """Where the tag ends that begins here."""
    found = _TAG.match(data, start)
    return found.end() if found else len(data)


def feed_of(outline: Outline, tree: Tree) -> Feed | None:
    """The feed that an outline is; None for folders, for other outlines, and for mistakes, which are noted."""
    url = outline.get("xmlUrl")
    if not url:
        if outline.get("type").lower() in ("rss", "atom"):
            tree.problems.append((outline.line, "a feed without xmlUrl", "add its address, or remove the outline"))
        return None
    goal = target(url)
    if isinstance(goal, str):
        tree.problems.append((outline.line, f"xmlUrl {redact(url)[:200]!r}: {goal}", "write an http or https address"))
        return None
    ours = tree.prefix or "gordon"
    given, full_text = outline.get(f"{ours}:id"), outline.get(f"{ours}:fulltext").lower()
    if given and not _ID.match(given):
        tree.problems.append((outline.line, f"id {given[:60]!r} has characters it may not have", "use a-z 0-9 . _ -"))
        return None
    if full_text not in _YES + _NO:
        tree.problems.append(
            (outline.line, f"fulltext {full_text[:60]!r} is neither yes nor no", "write true or false")
        )
    return Feed(
        id=given or feed_id(url),
        url=url,
        title=one_line(outline.get("title") or outline.get("text"), 200),
        folder="/".join(name for name in outline.folder if name),
        language=outline.get("language").lower(),
        full_text=full_text in _YES,
    )
