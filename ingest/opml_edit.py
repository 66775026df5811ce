"""Changes to feeds.opml: only the touched outlines change, everything else of the file stays byte for byte."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from gordon.errors import DeskInvalid, NotFound, Problem
from gordon.polling import Feed
from ingest.opml import NAMESPACE, Outline, Tree, extras, feed_id, parse, read, read_bytes

EMPTY = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0" xmlns:gordon="{NAMESPACE}">\n'
    "  <head><title>Gordon</title></head>\n  <body>\n  </body>\n</opml>\n"
)


def add(path: Path, feed: Feed) -> None:
    """Subscribes to a feed; makes the file if there is none. Raises DeskInvalid when the address or id is already
    there, or the file holds mistakes."""
    _add_all(path, [(feed, {})])


def import_file(path: Path, other: Path) -> tuple[tuple[Feed, ...], list[Problem]]:
    """Subscribes to every feed of another OPML file that is not there yet; attributes unknown to us come along.
    Returns what was added, and the mistakes of the other file. Raises DeskInvalid as ``add`` does."""
    feeds, problems = read(other)
    tree = parse(other.read_bytes()) if other.exists() else Tree(b"")
    unknown = {outline.get("xmlUrl"): extras(outline) for outline in tree.outlines}
    present, _ = read(path)
    urls, names = {feed.url for feed in present}, {feed.id for feed in present}
    fresh = [feed for feed in feeds if feed.url not in urls and feed.id not in names]
    if fresh:
        _add_all(path, [(feed, unknown.get(feed.url, {})) for feed in fresh])
    return tuple(fresh), problems


def remove(path: Path, name: str) -> Feed:
    """Ends the subscription with this id or address. Raises NotFound."""
    feeds, _ = read(path)
    feed = next((feed for feed in feeds if name in (feed.id, feed.url)), None)
    if feed is None:
        raise NotFound("feed", name, "gordon feeds list shows all")
    tree = parse(path.read_bytes())
    outline = next(outline for outline in tree.outlines if outline.get("xmlUrl") == feed.url)
    start, end = _whole_lines(tree.data, outline)
    _replace(path, tree.data[:start] + tree.data[end:])
    return feed


def export(path: Path) -> str:
    """The file as it stands, with all it holds; an empty document when there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else EMPTY


def render(feeds: Sequence[Feed]) -> str:
    """A new document with these feeds."""
    return _inserted(parse(EMPTY.encode()), [(feed, {}) for feed in feeds]).decode()


def _add_all(path: Path, wanted: Sequence[tuple[Feed, Mapping[str, str]]]) -> None:
    data = path.read_bytes() if path.exists() else EMPTY.encode()
    _, problems = read_bytes(data, path.name)
    if problems:
        raise DeskInvalid(problems)
    changed = _inserted(parse(data), wanted)
    _, problems = read_bytes(changed, path.name)
    if problems:
        raise DeskInvalid(problems)
    _replace(path, changed)


def _inserted(tree: Tree, wanted: Iterable[tuple[Feed, Mapping[str, str]]]) -> bytes:
    """The file with these feeds at the end of their folders, folders made as needed."""
    tree = _opened(tree)
    prefix = tree.prefix or "gordon"
    named = False
    places: dict[int, list[tuple[str, str]]] = {}
    for feed, extra in wanted:
        place, depth, missing = _place(tree, feed.folder)
        named = named or feed.id != feed_id(feed.url)
        places.setdefault(place, []).append((missing, "  " * (depth + 2) + _outline(feed, extra, prefix)))
    data = tree.data
    for place in sorted(places, reverse=True):
        line = data.rfind(b"\n", 0, place) + 1
        start = place if data[line:place].strip() else line
        data = data[:start] + _block(places[place]).encode() + data[start:]
    if named and not tree.prefix:
        at = tree.root + len("<opml")
        data = data[:at] + f' xmlns:{prefix}="{NAMESPACE}"'.encode() + data[at:]
    return data


def _opened(tree: Tree) -> Tree:
    """The same document with room in a body that closes itself."""
    if tree.body != tree.body_end:
        return tree
    end = tree.data.index(b">", tree.body) + 1
    return parse(tree.data[: tree.body] + b"<body>\n  </body>" + tree.data[end:])


def _place(tree: Tree, folder: str) -> tuple[int, int, str]:
    """Where a feed of this folder goes (bytes), how deep, and the part of the folder that is still missing."""
    if not folder:
        return tree.body_end, 0, ""
    for outline in tree.outlines:
        path = (*outline.folder, outline.name)
        if "/".join(path) == folder and outline.inner >= 0 and not outline.get("xmlUrl"):
            return outline.inner, len(path), ""
    return tree.body_end, 0, folder


def _block(lines: Sequence[tuple[str, str]]) -> str:
    """Outlines, those of a missing folder inside a new one."""
    text = "".join(f"{line}\n" for missing, line in lines if not missing)
    for folder in dict.fromkeys(missing for missing, _ in lines if missing):
        parts = folder.split("/")
        inside = "".join(f"{'  ' * len(parts)}{line}\n" for missing, line in lines if missing == folder)
        for depth in range(len(parts) - 1, -1, -1):
            indent = "  " * (depth + 2)
            inside = f"{indent}<outline text={quoteattr(parts[depth])}>\n{inside}{indent}</outline>\n"
        text += inside
    return text


def _outline(feed: Feed, extra: Mapping[str, str], prefix: str) -> str:
    title = feed.title or feed.id
    attributes = {"type": "rss", "text": title, "title": title, "xmlUrl": feed.url}
    if feed.language:
        attributes["language"] = feed.language
    if feed.id != feed_id(feed.url):
        attributes[f"{prefix}:id"] = feed.id
    pairs = " ".join(f"{key}={quoteattr(value)}" for key, value in (attributes | dict(extra)).items())
    return f"<outline {pairs}/>"


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
