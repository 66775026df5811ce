"""The text of outlines and the folders around them, with the namespaces that they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import quoteattr

from ingest.clean import characters
from ingest.lists import Listed
from ingest.opml import NAMESPACE, feed_id

Path = tuple[str, ...]


class Names:
    """Prefixes for namespaces: those that the document has, and new ones where it has none."""

    def __init__(self, bound: Mapping[str, str]) -> None:
        self._prefixes = {uri: prefix for prefix, uri in bound.items()}
        self._taken = set(bound) | {"xml", "xmlns"}
        self._new: dict[str, str] = {}

    def key(self, uri: str, local: str) -> str:
        """The name of an attribute of this namespace."""
        if uri not in self._prefixes:
            base = "gordon" if uri == NAMESPACE else "x"
            free = (base if not number else f"{base}{number}" for number in range(len(self._taken) + 1))
            self._new[uri] = self._prefixes[uri] = next(prefix for prefix in free if prefix not in self._taken)
            self._taken.add(self._prefixes[uri])
        return f"{self._prefixes[uri]}:{local}"

    def attribute(self, name: str) -> str:
        """As ``key``, for ``{namespace}name`` or a plain name."""
        uri, brace, local = name.removeprefix("{").rpartition("}")
        return self.key(uri, local) if brace else name

    def declarations(self) -> str:
        """What the root must say for the prefixes that it does not bind yet."""
        return "".join(f" xmlns:{prefix}={quoteattr(uri)}" for uri, prefix in self._new.items())


def outline_tag(one: Listed, names: Names) -> str:
    """The outline of a feed, on one line. Its own name for the feed (``text``) and its type are kept."""
    feed = one.feed
    title = feed.title or feed.id
    attributes = {"type": "rss", "text": title, "title": title, "xmlUrl": feed.url}
    if feed.language:
        attributes["language"] = feed.language
    if feed.id != feed_id(feed.url):
        attributes[names.key(NAMESPACE, "id")] = feed.id
    if feed.full_text:
        attributes[names.key(NAMESPACE, "fulltext")] = "true"
    return f"<outline {_pairs(attributes | _named(one.extra, names))}/>"


def block(
    lines: Sequence[tuple[Path, str]], depth: int, folders: Mapping[Path, Mapping[str, str]], names: Names
) -> str:
    """Outlines, each with its whole path, that go where the first ``depth`` folders of it are open already; the rest
    is made around them. ``folders``: further attributes of those."""
    indent = "  " * (depth + 2)
    parts: dict[Path | int, list[tuple[Path, str]]] = {}
    for number, (path, line) in enumerate(lines):
        parts.setdefault(path[: depth + 1] if len(path) > depth else number, []).append((path, line))
    text = ""
    for place, inside in parts.items():
        if isinstance(place, int):
            text += f"{indent}{inside[0][1]}\n"
        else:
            pairs = _pairs({"text": place[-1]} | _named(folders.get(place, {}), names))
            text += f"{indent}<outline {pairs}>\n{block(inside, depth + 1, folders, names)}{indent}</outline>\n"
    return text


def _named(extra: Mapping[str, str], names: Names) -> dict[str, str]:
    return {names.attribute(name): characters(value) for name, value in extra.items()}


def _pairs(attributes: Mapping[str, str]) -> str:
    return " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items())
