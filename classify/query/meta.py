"""Fields of the mention beside title and text: how a query writes them, and when one holds.

url:      words of the address side by side, with wildcards; %-escapes are read as the letters they stand for
author:   the same of the author's name
site:     the host and all hosts below it
feed:     the id of the feed, with wildcards
lang:     the language, and all its regions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from classify.document import About
from classify.query.errors import QueryError
from classify.query.nodes import Meta
from classify.text import fold, words

META_FIELDS = ("url", "site", "feed", "author", "lang")
MAX_URL = 2_000
MAX_VALUE = 200
_PIECES = re.compile(r"(?:[^\W_]|[*?])+")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


Holds: TypeAlias = Callable[[About], bool]


def read_meta(field: str, text: str, column: int) -> Meta:
    """The node of ``field:text``; raises QueryError."""
    text = text.strip()[: MAX_VALUE + 1]
    if len(text) > MAX_VALUE:
        raise QueryError(f"the value of {field}: is longer than {MAX_VALUE} characters", column, "shorten it")
    match field:
        case "site":
            return Meta(field, (_site(text, column),))
        case "lang":
            return Meta(field, (_language(text, column),))
        case "feed":
            if not re.search(r"[^*?\s]", text) or " " in text:
                remedy = "write one, such as feed:city-news or feed:city-*"
                raise QueryError(f"feed:{text} is no id of a feed", column, remedy)
            return Meta(field, (text.lower(),))
        case _:
            found = tuple(_PIECES.findall(fold(text)))
            if not re.search(r"[^\W_]", "".join(found)):
                raise QueryError(f"{field}: has no letter or digit behind it", column, f"write {field}:word")
            return Meta(field, found)


def _site(text: str, column: int) -> str:
    if "/" in text:
        host = text.rpartition("//")[2].partition("/")[0] or "example.org"
        raise QueryError("site: takes a host, not an address", column, f"write site:{host}; the path goes in url:")
    if "*" in text or "?" in text:
        raise QueryError("site: takes no wildcards", column, "write site:example.org, which finds www.example.org too")
    host = _ascii(text.strip(".").lower())
    if not _HOST.fullmatch(host):
        raise QueryError(f"site:{text} is no host", column, "write one, such as site:example.org")
    return host


def _ascii(host: str) -> str:
    """The host as addresses write it: "québec.example" is "xn--qubec-csa.example"."""
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return ""


def _language(text: str, column: int) -> str:
    tag = text.replace("_", "-").lower()
    if not _LANGUAGE.fullmatch(tag):
        raise QueryError(f"lang:{text} is no code of a language", column, "write lang:en, lang:fr or another code")
    return tag


def holds(node: Meta) -> Holds:
    """Whether a mention is so."""
    value = node.words[0]
    match node.field:
        case "site":
            return lambda about: _ends(host_of(about.url), value)
        case "lang":
            return lambda about: f"{_tag(about.language)}-".startswith(f"{value}-")
        case "feed":
            fits = _glob(value).fullmatch
            return lambda about: fits(about.feed.lower()) is not None
        case "url":
            pieces = [_glob(word) for word in node.words]
            return lambda about: _holds_row(pieces, _words_of(unquote(about.url[:MAX_URL])))
        case _:
            names = [_glob(word) for word in node.words]
            return lambda about: _holds_row(names, _words_of(about.author[:MAX_URL]))


def shown(field: str, about: About) -> str:
    """What a mention has in this field, for explanations."""
    value = {"site": host_of(about.url), "lang": about.language}.get(field)
    return (getattr(about, field) if value is None else value) or "unknown"


def host_of(url: str) -> str:
    """The host of an address in lower case; "" where there is none."""
    try:
        return _ascii((urlsplit(url[:MAX_URL]).hostname or "").rstrip("."))
    except ValueError:
        return ""


def _ends(host: str, value: str) -> bool:
    return host == value or host.endswith(f".{value}")


def _tag(language: str) -> str:
    return language.replace("_", "-").lower() or "und"


def _glob(pattern: str) -> re.Pattern[str]:
    """``*`` is any letters or none, ``?`` one; in time that grows with the length only."""
    return re.compile(translate(pattern.replace("[", "[[]")))


def _words_of(text: str) -> list[str]:
    return words(fold(text))


def _holds_row(row: Sequence[re.Pattern[str]], found: Sequence[str]) -> bool:
    """Whether the patterns fit words of ``found`` that stand side by side."""
    return any(
        all(pattern.fullmatch(word) for pattern, word in zip(row, found[start:], strict=False))
        for start in range(len(found) - len(row) + 1)
    )
