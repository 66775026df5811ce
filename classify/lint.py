"""Warnings about rules that can be compiled but are probably not meant so: what ``gordon check`` also says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from classify.compile import PlaceOf, each_rule
from classify.engine import Engine
from classify.matchers.query import QueryMatcher
from classify.query.logic import Prover
from classify.query.nodes import And, Exact, Meta, Node, Not, Or, Word, children, show, walk
from classify.stopwords import FREQUENT_WORDS, STOPWORDS
from gordon.desk.schema import PolicyFile, Rule
from gordon.desk.yaml_lines import Path
from gordon.errors import Problem

MAX_SHOWN = 60


class _Entry(NamedTuple):
    """One rule of a file with its tree; None for a token pattern. ``heads``: how its words begin."""

    path: Path
    rule: Rule
    node: Node | None
    needs: bool
    veto: bool
    heads: frozenset[str]


def lint(files: Sequence[PolicyFile], engine: Engine, place_of: PlaceOf) -> list[Problem]:
    """The warnings of all files, each with its line. ``engine``: compiled from these files."""
    entries: dict[str, list[_Entry]] = {entry.file: [] for entry in files}
    for (file, path, rule), compiled in zip(each_rule(files), engine.rules, strict=True):
        node = compiled.matcher.compiled.node if isinstance(compiled.matcher, QueryMatcher) else None
        heads = _heads(node) if node is not None else frozenset()
        needs = bool(compiled.matcher.ways)
        entries[file.file].append(_Entry(path, rule, node, needs, compiled.veto, heads))
    return [
        Problem(*place_of(file, path), message, remedy)
        for file, found in entries.items()
        for path, message, remedy in [*_of_file(found), *_parity(found)]
    ]


def _of_file(entries: Sequence[_Entry]) -> Iterator[tuple[Path, str, str]]:
    prover = Prover()
    for entry in entries:
        name = f"rule {entry.rule.id!r}"
        for message, remedy in _of_rule(entry, prover):
            yield entry.path, f"{name} {message}", remedy
        cover = _cover(entry, entries, prover)
        if cover is not None and cover.veto and not entry.veto:
            yield entry.path, f"{name} never counts: exclude rule {cover.rule.id!r} always matches too", "narrow one"
        elif cover is not None:
            yield (
                entry.path,
                f"{name} finds nothing that rule {cover.rule.id!r} does not find",
                "it only adds its weight: remove it, or narrow the other",
            )


def _of_rule(entry: _Entry, prover: Prover) -> Iterator[tuple[str, str]]:
    node, lang = entry.node, entry.rule.lang
    if not entry.needs:
        yield "runs on every mention: no word must occur", "join a word with AND where there is one"
    if node is None:
        return
    dead = prover.impossible(node)
    if dead is not None:
        yield f"can never match by {_short(dead)}", "look for NOT, fields and languages that exclude each other"
    other = _other_language(node, lang) if lang else None
    if other is not None:
        yield f"can never match: it is for {lang} only and asks for {show(other)}", "remove one of the two"
    broad = _broad(node)
    if broad is not None:
        yield (
            f"is very broad: {_short(broad)} is in most texts",
            "add a word with AND or NEAR, or quote a longer phrase",
        )
    for word in walk(node):
        if isinstance(word, Word) and word.word.startswith("*"):
            yield f"has {show(word)}, which also finds words that only end alike", "write the words out, joined by OR"
            return


def _other_language(node: Node, lang: str) -> Node | None:
    """A part that must hold and asks for another language than that of the rule."""
    parts = node.parts if isinstance(node, And) else (node,)
    asked = [part for part in parts if isinstance(part, Meta) and part.field == "lang"]
    return next((part for part in asked if part.words[0].partition("-")[0] not in (lang, "und")), None)


def _broad(node: Node) -> Node | None:
    """The part by which most texts match; None if there is none."""
    match node:
        case Word():
            letters = re.sub(r"[*?]", "", node.word)
            frequent = node.word in STOPWORDS or node.word in FREQUENT_WORDS
            return node if frequent or len(letters) < (3 if node.wild else 2) else None
        case Or():
            return next((found for part in node.parts if (found := _broad(part)) is not None), None)
        case Not() | Exact():
            return None
        case Meta():
            return node if node.field == "lang" else None
        case And():
            said = [part for part in node.parts if not isinstance(part, Not)]
            return node if said and all(_broad(part) is not None for part in said) else None
        case _:
            return node if all(_broad(part) is not None for part in children(node)) else None


def _cover(entry: _Entry, entries: Sequence[_Entry], prover: Prover) -> _Entry | None:
    """Another rule that matches wherever this one does; of two alike the first covers the second."""
    if entry.node is None:
        return None
    behind = False
    for other in entries:
        if other is entry:
            behind = True
        elif (
            other.node is not None
            and (other.veto or not entry.veto)
            and other.rule.lang in (None, entry.rule.lang)
            and not (other.heads and entry.heads and other.heads.isdisjoint(entry.heads))
            and prover.implies(entry.node, other.node)
            and not (behind and other.veto == entry.veto and _as_wide(entry, other, prover))
        ):
            return other
    return None


def _as_wide(entry: _Entry, other: _Entry, prover: Prover) -> bool:
    assert entry.node is not None and other.node is not None
    return entry.rule.lang in (None, other.rule.lang) and prover.implies(other.node, entry.node)


def _heads(node: Node) -> frozenset[str]:
    """Two letters that each word begins with; empty where a word or the whole need not begin in a known way."""
    found = {word[:2] for one in walk(node) if isinstance(one, Word) for word in (one.word, *one.forms)}
    vague = any("*" in head or "?" in head for head in found) or any(isinstance(one, Meta | Not) for one in walk(node))
    return frozenset() if vague else frozenset(found)


def _parity(entries: Sequence[_Entry]) -> Iterator[tuple[Path, str, str]]:
    """One language only."""
    counts = {lang: sum(entry.rule.lang == lang for entry in entries if not entry.veto) for lang in ("en", "fr")}
    names = {"en": "English", "fr": "French"}
    for lang, other in (("en", "fr"), ("fr", "en")):
        if counts[lang] and not counts[other]:
            message = f"{counts[lang]} rule(s) are for {names[lang]} only, none for {names[other]}"
            yield ("rules",), message, f"write their counterparts with lang: {other}, or remove lang"


def _short(node: Node) -> str:
    text = show(node)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."
