"""Lists of subscriptions from elsewhere, sound or broken: OPML, FOAF in RDF, iGoogle's tabs. Reads all that can be
read and tells every mistake with its line; the desk's own file is read by ingest/opml.py, which is strict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gordon.errors import Problem
from gordon.polling import Feed
from ingest.charset import decode
from ingest.clean import line as one_line
from ingest.markup import End, Markup, Start
from ingest.opml import MOST_BYTES, NAMESPACE, Outline, Tree, bind, feed_of
from ingest.url import target

KNOWN = frozenset({"opml", "rdf", "gadgettabml", "module"})
_AGENTS = frozenset({"agent", "person", "organization", "group"})
_WRITTEN = frozenset({"xmlurl", "title", "language"})
_NAME = re.compile(r"^[A-Za-z_][\w.-]*$", re.ASCII)
_LISTS = frozenset({"include", "link", "source"})
MOST_DEPTH, MOST_PROBLEMS = 100, 1000
MOST_EXTRAS, MOST_EXTRA, MOST_NAME = 40, 2000, 200


@dataclass(frozen=True, slots=True)
class Listed:
    """A feed of a list. ``path``: the names of its folders; ``extra``: its other attributes, those in a namespace as
    ``{namespace}name``."""

    feed: Feed
    path: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """``feeds`` in order, each address once; ``folders``: the other attributes of folders that have any, by path."""

    feeds: tuple[Listed, ...] = ()
    folders: Mapping[tuple[str, ...], Mapping[str, str]] = field(default_factory=dict)


def read_list(data: bytes, name: str) -> tuple[Subscriptions, list[Problem]]:
    """All that a list holds, and every mistake in it; ``name`` is the file in the problems. Never raises."""
    reader = _Reader(Markup(decode(data[:MOST_BYTES])))
    reader.run()
    tree, feeds = reader.tree, dict[str, Listed]()
    names: dict[str, int] = {}
    for outline in reader.outlines():
        feed = feed_of(outline, tree)
        if feed is None or feed.url in feeds:
            continue
        if feed.id in names:
            tree.problems.append((outline.line, f"id {feed.id!r} is already on line {names[feed.id]}", "remove one"))
            continue
        names[feed.id] = outline.line
        path = tuple(name for name in outline.folder if name)
        feeds[feed.url] = Listed(feed, path, extras(outline.attributes, tree.namespaces))
    problems = sorted({Problem(name, *problem) for problem in tree.problems})
    return Subscriptions(tuple(feeds.values()), reader.folders()), problems


def extras(attributes: Mapping[str, str], namespaces: Mapping[str, str]) -> dict[str, str]:
    """The attributes that a Feed does not hold, those of a bound namespace as ``{namespace}name``; ours are left
    out."""
    found: dict[str, str] = {}
    for key, value in attributes.items():
        prefix, colon, local = key.rpartition(":")
        uri = namespaces.get(prefix, "")
        if not _NAME.match(local) or local.lower() in _WRITTEN or prefix == "xmlns" or uri == NAMESPACE:
            continue
        if value.strip() and (uri or not colon):
            found[f"{{{uri}}}{local}" if uri else local] = " ".join(value.split())[:MOST_EXTRA]
    return dict(list(found.items())[:MOST_EXTRAS])


def address(url: str) -> str:
    """A feed's address as people and other readers write it, made an http or https one where it can be: ``feed:``
    goes, and a bare host gets https."""
    plain = re.sub(r"^feed:(?://)?(?=https?:)", "", url.strip(), flags=re.IGNORECASE)
    plain = re.sub(r"^feed:(?://)?", "http://", plain, flags=re.IGNORECASE)
    bare = re.match(r"^[^\s/:@?#]+\.[^\s/:@?#]+(?::\d+)?(?:[/?#]|$)", plain) or re.match(
        r"^localhost(?::\d+)?/?", plain
    )
    return f"https://{plain}" if bare and "://" not in plain.split("?")[0] else plain


def same(url: str) -> str:
    """What two addresses of one feed have in common: not the scheme with its own port, nor a slash at the end, nor a
    fragment; the user name counts."""
    goal = target(url)
    if isinstance(goal, str):
        return url.strip()
    scheme, host, port = goal.origin
    parts = urlsplit(goal.url)
    own = "" if port == (443 if scheme == "https" else 80) else f":{port}"
    return f"{goal.username}@{host}{own}{parts.path.rstrip('/')}?{parts.query}"


@dataclass(slots=True)
class _Frame:
    """An open element; what it stands for."""

    name: str
    line: int
    outline: Outline | None = None
    text: list[str] | None = None
    title: str = ""


class _Reader:
    """One pass over the tokens. Outlines of OPML are kept as they come; feeds of FOAF wait for the name of the
    person they belong to."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self._open: list[_Frame] = []
        self._waiting: list[tuple[Outline, tuple[_Frame, ...]]] = []
        self._groups: list[Outline] = []
        self.tree = Tree(b"")

    def run(self) -> None:
        """Reads everything."""
        if not self._markup.source.strip("\ufeff \t\r\n\0"):
            self._problem(0, "the file is empty", "choose a list of subscriptions")
            return
        for token in self._markup.tokens():
            if len(self._open) > MOST_DEPTH:
                self._problem(self._open[-1].line, "elements are nested too deeply", "the rest is not read")
                break
            if isinstance(token, Start):
                self._start(token)
            elif isinstance(token, End):
                self._end(token)
            elif self._open and (text := self._open[-1].text) is not None:
                text.append(token)
        for frame in self._open:
            self._problem(frame.line, f"<{frame.name[:40]}> is never closed", "close it")
        for line, problem in self._markup.problems[:MOST_PROBLEMS]:
            self._problem(line, problem, "it is read as it stands")
        if self.tree.root < 0:
            self._problem(0, "no XML", "OPML, FOAF and iGoogle's tabs are read")

    def outlines(self) -> Iterator[Outline]:
        """What may be a feed, in order; persons have given their names by now."""
        for outline, around in self._waiting:
            if around:
                agents = [frame.title for frame in around if frame.name != "group"]
                outline.attributes = {**outline.attributes, "text": agents[-1] if agents else ""}
                outline.folder = tuple(frame.title for frame in around if frame.name == "group")
            if self._followed(outline):
                yield outline

    def folders(self) -> dict[tuple[str, ...], dict[str, str]]:
        """The other attributes of folders that have any."""
        paths = {(*filter(None, one.folder), one.name): one for one in self._groups if one.name}
        found = {path: extras(one.attributes, self.tree.namespaces) for path, one in paths.items()}
        return {path: {key: extra[key] for key in extra if key != "text"} for path, extra in found.items() if extra}

    def _followed(self, outline: Outline) -> bool:
        """Whether it is a feed of this list, rather than another list or a site without its feed."""
        kind, site = outline.get("type").lower(), outline.get("htmlUrl")
        if kind == "source" or (kind in _LISTS and outline.get("url") and not outline.get("xmlUrl")):
            where = outline.get("xmlUrl") or outline.get("url")
            self._problem(outline.line, "another list, which is not followed", f"fetch and import {where[:200]}")
            return False
        if site and not outline.get("xmlUrl") and not isinstance(target(site), str):
            self._problem(outline.line, "a site without the address of its feed", f"gordon feeds add {site[:200]}")
            return False
        return True

    def _start(self, token: Start) -> None:
        local = token.name.rpartition(":")[2].lower()
        if self.tree.root < 0:
            self.tree.root = 0
            if local not in KNOWN:
                self._problem(
                    token.line, f"the root element is {token.name[:40]!r}", "this is no list of subscriptions"
                )
        bind(self.tree, token.attributes)
        frame = _Frame(local, token.line)
        self._outline(local, token, frame)
        if local == "name" and self._open and self._open[-1].name in _AGENTS:
            frame.text = []
        if not token.closed:
            self._open.append(frame)

    def _outline(self, local: str, token: Start, frame: _Frame) -> None:
        """Notes what the element offers as a feed or folder."""
        folder = tuple(one.outline.name for one in self._open if one.outline is not None)
        attributes = dict(token.attributes)
        if local == "outline":
            frame.outline = Outline(attributes, folder, token.line, -1)
            self._offer(frame.outline, ())
        elif local == "tab":
            frame.outline = Outline({"text": attributes.get("title", "")}, folder, token.line, -1)
        elif local == "moduleprefs" and any(one.name == "module" for one in self._open):
            named = {key.lower(): value for key, value in attributes.items()}
            self._offer(Outline({"xmlUrl": named.get("xmlurl", "")}, folder, token.line, -1), ())
        elif local in ("channel", "feed"):
            around = tuple(one for one in self._open if one.name in _AGENTS)
            url = next((value for key, value in attributes.items() if key.endswith((":about", ":resource"))), "")
            if around:
                self._offer(Outline({"xmlUrl": url}, folder, token.line, -1), around)

    def _offer(self, outline: Outline, around: tuple[_Frame, ...]) -> None:
        url = outline.get("xmlUrl")
        written = {key: value for key, value in outline.attributes.items() if key.lower() != "xmlurl"}
        outline.attributes = {**written, "xmlUrl": address(url)} if url else written
        if url or outline.get("type"):
            self._waiting.append((outline, around))
        else:
            self._groups.append(outline)

    def _end(self, token: End) -> None:
        local = token.name.rpartition(":")[2].lower()
        if not any(frame.name == local for frame in self._open):
            self._problem(token.line, f"</{token.name[:40]}> closes nothing", "remove it")
            return
        while (frame := self._open.pop()).name != local:
            self._problem(frame.line, f"<{frame.name[:40]}> is never closed", "close it")
        if frame.text is not None:
            self._open[-1].title = self._open[-1].title or one_line("".join(frame.text), MOST_NAME)

    def _problem(self, line: int, message: str, remedy: str) -> None:
        if len(self.tree.problems) < MOST_PROBLEMS:
            self.tree.problems.append((line, message, remedy))
