"""Compares two JSON Schemas of one type of event: whether the newer keeps what the older promised. Pure.

Both directions count, since a topic holds the events of both for weeks: who reads by the older schema must understand
what is written by the newer, and what was written by the older, here or by others, must be valid by the newer. So all
that may change is: new optional fields, words for people, and new values of a list that is declared open. A change
that is not understood is a breach.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Schema: TypeAlias = Mapping[str, Any]
Broken: TypeAlias = Literal["consumers", "producers"]

NOTES = {"$comment", "$defs", "$id", "$schema", "default", "deprecated", "description", "examples", "title"}
"""Keywords that forbid nothing. A default is compared where a field may be missing."""
UNDERSTOOD = {"additionalProperties", "anyOf", "const", "enum", "items", "properties", "required", "type"}
LEAST = {"exclusiveMinimum", "minItems", "minLength", "minProperties", "minimum"}
MOST = {"exclusiveMaximum", "maxItems", "maxLength", "maxProperties", "maximum"}
NUMBERS = {"integer", "number"}
ANY = "anything"
_MISSING = object()


@dataclass(frozen=True, slots=True, order=True)
class Breach:
    """A promise that is not kept. ``pointer``: a JSON pointer into the newer schema; of what is gone, into the older.

    ``breaks``: "consumers": who reads by the older schema would meet what it excludes; "producers": what was written
    by the older schema would be refused by the newer."""

    pointer: str
    breaks: Broken
    sentence: str


@dataclass(frozen=True, slots=True)
class _Spot:
    """A schema inside a document."""

    schema: Schema
    pointer: str
    root: Schema

    def at(self, *parts: str) -> _Spot:
        """A schema further in; none is one that allows everything."""
        found: Any = self.schema
        for part in parts:
            found = found.get(part, {})
        words = (part.replace("~", "~0").replace("/", "~1") for part in parts)
        return _Spot(_schema(found), "/".join((self.pointer, *words)), self.root)

    def resolved(self) -> _Spot:
        """Where its reference leads, with what stands beside it."""
        spot = self
        while (reference := spot.schema.get("$ref", "")).startswith("#"):
            beside = {key: value for key, value in spot.schema.items() if key not in NOTES | {"$ref"}}
            there: Any = self.root
            for part in reference.removeprefix("#").split("/")[1:]:
                there = there[part.replace("~1", "/").replace("~0", "~")]
            both = {**there, "allOf": [*there.get("allOf", []), beside]} if beside else there
            spot = _Spot(both, reference, self.root)
        return spot


def breaches(old: Schema, new: Schema, *, open_lists: Set[str] = frozenset()) -> tuple[Breach, ...]:
    """All that breaks between an older and a newer schema, by pointer; empty where they are compatible.
    ``open_lists``: names of fields whose closed list of values consumers know to grow."""
    comparison = _Comparison(open_lists)
    comparison.compare(_Spot(old, "#", old), _Spot(new, "#", new))
    return tuple(sorted(comparison.found))


class _Comparison:
    """Walks two schemas side by side and collects; a pair of definitions is looked at once."""

    def __init__(self, open_lists: Set[str]) -> None:
        self._open_lists = open_lists
        self._seen: set[tuple[str, str]] = set()
        self.found: set[Breach] = set()

    def compare(self, old: _Spot, new: _Spot) -> None:
        old, new = old.resolved(), new.resolved()
        if (old.pointer, new.pointer) in self._seen:
            return
        self._seen.add((old.pointer, new.pointer))
        before, after = _by_kind(old), _by_kind(new)
        if before is None or after is None:
            self._opaque(old, new, set(old.schema) | set(new.schema))
            return
        for kind in sorted(before.keys() | after.keys()):
            if kind in before and kind in after:
                self._alike(before[kind], after[kind])
            elif not NUMBERS & {kind} or not NUMBERS & before.keys() or not NUMBERS & after.keys():
                self._kind(kind, before, after, new)
        self._numbers(before, after, new)

    def _kind(self, kind: str, before: Mapping[str, _Spot], after: Mapping[str, _Spot], new: _Spot) -> None:
        """A kind of value that only one of them allows."""
        other = after if kind in before else before
        wide = other.get(ANY)
        if wide and not set(wide.schema) - NOTES:
            return  # the other allows it; that it allows more is said at ANY
        if kind in before:
            self._breach(new, "producers", f"{kind} is no longer allowed, but {_kinds(after)}")
        else:
            self._breach(new, "consumers", f"{kind} is allowed now, it was {_kinds(before)}")

    def _numbers(self, before: Mapping[str, _Spot], after: Mapping[str, _Spot], new: _Spot) -> None:
        """An integer is a number, but not the other way round."""
        older, newer = NUMBERS & before.keys(), NUMBERS & after.keys()
        if not older or not newer or older == newer:
            return
        if "number" in newer:
            self._breach(new, "consumers", "number is allowed now, it was integer")
        else:
            self._breach(new, "producers", "number is no longer allowed, but integer")
        self._alike(before[older.pop()], after[newer.pop()])

    def _alike(self, old: _Spot, new: _Spot) -> None:
        """Two that are of one kind."""
        self._values(old, new)
        self._fields(old, new)
        self._inside(old, new, "additionalProperties", "other fields")
        self._inside(old, new, "items", "elements")
        words = (old.schema.keys() | new.schema.keys()) - NOTES - UNDERSTOOD
        for word in sorted(words & (LEAST | MOST)):
            self._limit(old, new, word)
        self._opaque(old, new, words - LEAST - MOST)

    def _values(self, old: _Spot, new: _Spot) -> None:
        before, after = _values(old.schema), _values(new.schema)
        name = new.pointer.rpartition("/properties/")[2].partition("/")[0]
        if before is not None and (after is None or after - before) and name not in self._open_lists:
            more = "any value" if after is None else ", ".join(sorted(after - before))
            self._breach(new, "consumers", f"{more}: not in the closed list of values that consumers know")
        if after is not None and (before is None or before - after):
            gone = "other values" if before is None else ", ".join(sorted(before - after))
            self._breach(new, "producers", f"{gone}: no longer allowed")

    def _fields(self, old: _Spot, new: _Spot) -> None:
        before, after = old.schema.get("properties", {}), new.schema.get("properties", {})
        must, musts = set(old.schema.get("required", ())), set(new.schema.get("required", ()))
        for name in before.keys() - after.keys():
            self._breach(old.at("properties", name), "consumers", f"the field {name} is gone")
            self._slot(old.at("properties", name), new, name)
        for name in after.keys() - before.keys():
            self._slot(old, new.at("properties", name), name)
        for name in before.keys() & after.keys():
            older, newer = old.at("properties", name), new.at("properties", name)
            self.compare(older, newer)
            if not {name} & (must | musts):
                self._default(older, newer)
        for name in musts - must:
            self._breach(new.at("required"), "producers", f"{name} is required now; older events may be without it")
        for name in (must - musts) & (after.keys() | (must - before.keys())):
            self._breach(new.at("required"), "consumers", f"{name} may be missing now; consumers rely on it")

    def _slot(self, old: _Spot, new: _Spot, name: str) -> None:
        """A field that one of them names, and what the other says of fields that it does not name. Where that is
        nothing, nobody minds: consumers ignore what they do not know."""
        named_now = new.pointer.endswith(f"/properties/{name.replace('~', '~0').replace('/', '~1')}")
        holder = old if named_now else new
        rest = holder.schema.get("additionalProperties", True)
        if rest is False:
            side: Broken = "consumers" if named_now else "producers"
            self._breach(new if named_now else old, side, f"the field {name}, where no other fields are allowed")
        elif isinstance(rest, Mapping) and rest:
            inner = holder.at("additionalProperties")
            self.compare(inner if named_now else old, new if named_now else inner)

    def _default(self, old: _Spot, new: _Spot) -> None:
        before, after = old.schema.get("default", _MISSING), new.schema.get("default", _MISSING)
        if before is not after and (_MISSING in (before, after) or _text(before) != _text(after)):
            told = ["nothing" if one is _MISSING else _text(one) for one in (before, after)]
            self._breach(new, "consumers", f"where it is missing it means {told[1]} now, it was {told[0]}")

    def _inside(self, old: _Spot, new: _Spot, word: str, what: str) -> None:
        before, after = _width(old.schema.get(word, True)), _width(new.schema.get(word, True))
        if before == after == 1:
            self.compare(old.at(word), new.at(word))
        elif before < after:
            self._breach(new, "consumers", f"more {what} are allowed now ({word})")
        elif before > after:
            self._breach(new, "producers", f"fewer {what} are allowed now ({word})")

    def _limit(self, old: _Spot, new: _Spot, word: str) -> None:
        before, after = old.schema.get(word), new.schema.get(word)
        if before == after:
            return
        tighter = before is None or (after is not None and (after > before) == (word in LEAST))
        self._breach(new, "producers" if tighter else "consumers", f"{word} is {after} now, it was {before}")

    def _opaque(self, old: _Spot, new: _Spot, words: Set[str]) -> None:
        """Keywords that are not understood must be the same, with all that they refer to."""
        for word in sorted(words - NOTES):
            before, after = (_text(_spelled(spot.schema.get(word), spot.root)) for spot in (old, new))
            if before != after:
                for side in ("consumers", "producers"):
                    self._breach(new, side, f"{word} is {after[:80]} now, it was {before[:80]}")

    def _breach(self, spot: _Spot, breaks: Broken, sentence: str) -> None:
        self.found.add(Breach(spot.pointer, breaks, sentence))


def _schema(value: Any) -> Any:
    """True and False as what they are short for."""
    return {True: {}, False: {"not": {}}}[value] if isinstance(value, bool) else value


def _by_kind(spot: _Spot) -> dict[str, _Spot] | None:
    """What a schema allows by kind of value; None where it is not that simple."""
    found: dict[str, _Spot] = {}
    for kind, one in _kinds_of(spot):
        if kind in found and _bare(one) == _bare(found[kind]):
            continue
        if kind in found or (kind in NUMBERS and NUMBERS & found.keys()):
            return None
        found[kind] = one
    return None if ANY in found and len(found) > 1 else found


def _bare(spot: _Spot) -> dict[str, Any]:
    return {key: value for key, value in spot.schema.items() if key not in NOTES}


def _kinds_of(spot: _Spot) -> Iterator[tuple[str, _Spot]]:
    schema = spot.schema
    if "anyOf" in schema:
        if set(schema) - NOTES - {"anyOf"}:
            yield from ((ANY, spot), ("null", spot))  # anything beside something: not simple
            return
        for number in range(len(schema["anyOf"])):
            inner = _Spot(_schema(schema["anyOf"][number]), f"{spot.pointer}/anyOf/{number}", spot.root).resolved()
            yield from _kinds_of(inner)
        return
    listed = _values(schema)
    kinds = schema.get("type") or (sorted({_kind(json.loads(one)) for one in listed}) if listed else ANY)
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        if listed is None:
            only = schema if kind == ANY else {**schema, "type": kind}
            yield kind, _Spot(only, spot.pointer, spot.root)
            continue
        mine = [json.loads(one) for one in sorted(listed) if _kind(json.loads(one)) == kind or "type" in schema]
        rest = {key: value for key, value in schema.items() if key != "const"}
        yield kind, _Spot({**rest, "enum": mine}, spot.pointer, spot.root)


def _values(schema: Schema) -> set[str] | None:
    """The closed list of values, as JSON; None where it is open."""
    if "const" in schema:
        return {_text(schema["const"])}
    return {_text(value) for value in schema["enum"]} if "enum" in schema else None


def _kind(value: Any) -> str:
    """The type of a value, in the words of JSON Schema."""
    names = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _kinds(found: Mapping[str, _Spot]) -> str:
    return " or ".join(sorted(found)) or "nothing"


def _width(inner: Any) -> int:
    """Of a schema for all that is not named: 2 allows everything, 1 some, 0 nothing."""
    if isinstance(inner, bool):
        return 2 if inner else 0
    return 1 if set(inner) - NOTES else 2


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _spelled(value: Any, root: Schema, within: tuple[str, ...] = ()) -> Any:
    """With every reference replaced by what it refers to, but for those that go round in a circle."""
    if isinstance(value, list):
        return [_spelled(one, root, within) for one in value]
    if not isinstance(value, Mapping):
        return value
    reference = value.get("$ref")
    if isinstance(reference, str) and reference.startswith("#") and reference not in within:
        there = _Spot({"$ref": reference}, "#", root).resolved().schema
        return _spelled(
            {**there, **{key: one for key, one in value.items() if key != "$ref"}}, root, (*within, reference)
        )
    return {key: _spelled(one, root, within) for key, one in value.items()}
