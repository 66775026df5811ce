"""Changes to feeds.opml: only the touched outlines change, everything else of the file stays byte for byte."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from gordon.errors import DeskInvalid, NotFound, Problem
from gordon.polling import Feed
from ingest.lists import Listed, Subscriptions, read_list, same
from ingest.opml import NAMESPACE, Outline, Tree, parse, read, read_bytes, tag_end
from ingest.opml_write import Names, block, outline_tag

EMPTY = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0" xmlns:gordon="{NAMESPACE}">\n'
    "  <head><title>Gordon</title></head>\n  <body>\n  </body>\n</opml>\n"
)
_ADDRESS = re.compile(rb"(\sxmlurl\s*=\s*)(?:\"[^\"]*\"|'[^']*')", re.IGNORECASE)


def add(path: Path, feed: Feed) -> None:
    """Subscribes to a feed; makes the file if there is none. Raises DeskInvalid when the address or id is already
    there, or the file holds mistakes."""
    _add_all(path, Subscriptions((_listed(feed),)))


def import_file(path: Path, other: Path) -> tuple[tuple[Feed, ...], list[Problem]]:
    """Subscribes to every feed of another list (OPML, FOAF, iGoogle) that is not there yet; folders, and attributes
    unknown to us, come along. Returns what was added, and the mistakes of the other file. Raises DeskInvalid as
    ``add`` does."""
    if not other.exists():
        return (), []
    found, problems = read_list(other.read_bytes(), other.name)
    present, _ = read(path)
    urls, names = {same(feed.url) for feed in present}, {feed.id for feed in present}
    fresh = tuple(one for one in found.feeds if same(one.feed.url) not in urls and one.feed.id not in names)
    if fresh:
        _add_all(path, Subscriptions(fresh, found.folders))
    return tuple(one.feed for one in fresh), problems


def remove(path: Path, name: str) -> Feed:
    """Ends the subscription with this id or address. Raises NotFound."""
    feed, tree, outline = _subscription(path, name)
    start, end = _whole_lines(tree.data, outline)
    _replace(path, tree.data[:start] + tree.data[end:])
    return feed


def move(path: Path, name: str, url: str) -> Feed:
    """Gives the subscription with this id or address another address; its id, and with it its past, stays. Returns
    the feed as it is now. Raises NotFound, and DeskInvalid for an address that is unfit or already there."""
    feed, tree, outline = _subscription(path, name)
    end = tag_end(tree.data, outline.start)
    tag = tree.data[outline.start : end]
    quoted = quoteattr(url).encode()
    tag = _ADDRESS.sub(lambda found: found[1] + quoted, tag, count=1)
    names = Names(tree.namespaces)
    if not outline.get(f"{tree.prefix or 'gordon'}:id"):
        closing = 2 if tag.endswith(b"/>") else 1
        own = f" {names.key(NAMESPACE, 'id')}={quoteattr(feed.id)}".encode()
        tag = tag[:-closing].rstrip() + own + tag[-closing:]
    _put(path, _bound(tree, names, tree.data[: outline.start] + tag + tree.data[end:]))
    return next(one for one in read(path)[0] if one.id == feed.id)


def export(path: Path) -> str:
    """The file as it stands, with all it holds; an empty document when there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else EMPTY


def render(feeds: Sequence[Feed]) -> str:
    """A new document with these feeds."""
    return _inserted(parse(EMPTY.encode()), Subscriptions(tuple(_listed(feed) for feed in feeds))).decode()


def _listed(feed: Feed) -> Listed:
    return Listed(feed, tuple(part for part in feed.folder.split("/") if part))


def _subscription(path: Path, name: str) -> tuple[Feed, Tree, Outline]:
    """The feed with this id or address, and where it stands. Raises NotFound."""
    feed = next((feed for feed in read(path)[0] if name in (feed.id, feed.url)), None)
    if feed is None:
        raise NotFound("feed", name, "gordon feeds list shows all")
    tree = parse(path.read_bytes())
    return feed, tree, next(outline for outline in tree.outlines if outline.get("xmlUrl") == feed.url)


def _add_all(path: Path, wanted: Subscriptions) -> None:
    data = path.read_bytes() if path.exists() else EMPTY.encode()
    _, problems = read_bytes(data, path.name)
    if problems:
        raise DeskInvalid(problems)
    _put(path, _inserted(parse(data), wanted))


def _put(path: Path, data: bytes) -> None:
    """The new file, once it is known to be sound. Raises DeskInvalid."""
    _, problems = read_bytes(data, path.name)
    if problems:
        raise DeskInvalid(problems)
    _replace(path, data)


def _inserted(tree: Tree, wanted: Subscriptions) -> bytes:
    """The file with these feeds at the end of their folders, folders made as needed."""
    tree = _opened(tree)
    names = Names(tree.namespaces)
    places: dict[tuple[int, int], list[tuple[tuple[str, ...], str]]] = {}
    for one in wanted.feeds:
        place, depth = _place(tree, one.path)
        places.setdefault((place, depth), []).append((one.path, outline_tag(one, names)))
    data = tree.data
    for place, depth in sorted(places, reverse=True):
        line = data.rfind(b"\n", 0, place) + 1
        start = place if data[line:place].strip() else line
        text = block(places[place, depth], depth, wanted.folders, names)
        data = data[:start] + text.encode("utf-8", "replace") + data[start:]
    return _bound(tree, names, data)


def _bound(tree: Tree, names: Names, data: bytes) -> bytes:
    """The file with the namespaces bound at its root that what was written needs."""
    at = tree.root + len("<opml")
    return data[:at] + names.declarations().encode() + data[at:]


def _opened(tree: Tree) -> Tree:
    """The same document with room in a body that closes itself."""
    if tree.body != tree.body_end:
        return tree
    end = tree.data.index(b">", tree.body) + 1
    return parse(tree.data[: tree.body] + b"<body>\n  </body>" + tree.data[end:])


def _place(tree: Tree, path: tuple[str, ...]) -> tuple[int, int]:
    """Where a feed of these folders goes (bytes), inside as many of them as are there (the depth)."""
    best = (tree.body_end, 0)
    for outline in tree.outlines:
        here = (*outline.folder, outline.name)
        depth = len(here)
        if depth > best[1] and here == path[:depth] and outline.inner >= 0 and not outline.get("xmlUrl"):
            best = (outline.inner, depth)
    return best


def _whole_lines(data: bytes, outline: Outline) -> tuple[int, int]:
    """The outline with its indentation and line break, when it has its lines for itself."""
    start, end = outline.start, outline.end
    first, last = data.rfind(b"\n", 0, start) + 1, data.find(b"\n", end)
    if data[first:start].strip() or last < 0 or data[end:last].strip():
        return start, end
    return first, last + 1


def _replace(path: Path, data: bytes) -> None:
    """Puts the new file in the place of the old one at once: nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
