"""Schemas compared: each kind of change by name, and by property against what a validator says of real values."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from gordon.codec import schemas
from gordon.events import TYPES
from gordon.schema_compat import Breach, breaches

Schema = dict[str, Any]
TEXT, WHOLE, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}


def event(properties: Mapping[str, Any], required: tuple[str, ...] = (), **more: Any) -> Schema:
    """A schema as they are generated: everything in definitions."""
    top = {"type": "object", "properties": dict(properties), "required": list(required)}
    return {"$id": "urn:x", "$ref": "#/$defs/Top", "$defs": {"Top": top, **more}}


def found(old: Schema, new: Schema, *open_lists: str) -> list[tuple[str, str]]:
    return [(one.pointer, one.breaks) for one in breaches(old, new, open_lists=set(open_lists))]


AT = "#/$defs/Top/properties/a"
BOTH = [(AT, "consumers"), (AT, "producers")]


@pytest.mark.parametrize("kind", TYPES)
def test_every_real_schema_is_compatible_with_itself(kind: str) -> None:
    assert breaches(schemas()[kind], copy.deepcopy(schemas()[kind])) == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (TEXT, WHOLE, BOTH),
        (TEXT, {"type": ["string", "null"]}, [(AT, "consumers")]),
        ({"anyOf": [TEXT, {"type": "null"}]}, TEXT, [(AT, "producers")]),
        ({"anyOf": [TEXT, {"type": "null"}]}, {"type": ["null", "string"]}, []),
        ({"anyOf": [TEXT, {"type": "null"}]}, {"anyOf": [WHOLE, {"type": "null"}]}, BOTH),
        (WHOLE, NUMBER, [(AT, "consumers")]),
        (NUMBER, WHOLE, [(AT, "producers")]),
        (NUMBER, {"type": "integer", "minimum": 3}, [(AT, "producers"), (AT, "producers")]),
        (TEXT, {}, [(AT, "consumers")]),
        ({}, TEXT, [(AT, "producers")]),
        (True, {}, []),
        ({}, {"description": "anything"}, []),
        ({"minLength": 3}, TEXT, BOTH),
        (TEXT, False, BOTH),
        (False, TEXT, BOTH),
        ({"enum": ["x", "y"]}, {"enum": ["y", "x"]}, []),
        ({"enum": ["x", "y"]}, {"enum": ["x", "y", "z"]}, [(AT, "consumers")]),
        ({"enum": ["x", "y"]}, {"enum": ["x"]}, [(AT, "producers")]),
        ({"enum": ["x", "y"]}, {"const": "x"}, [(AT, "producers")]),
        ({"const": "x"}, {"type": "string", "const": "x"}, []),
        ({"enum": ["x", "y"]}, TEXT, [(AT, "consumers")]),
        (TEXT, {"enum": ["x", "y"]}, [(AT, "producers")]),
        ({"enum": ["x", 1]}, {"enum": ["x"]}, [(AT, "producers")]),
        ({"type": "array", "items": TEXT}, {"type": "array"}, [(AT, "consumers")]),
        ({"type": "array"}, {"type": "array", "items": TEXT}, [(AT, "producers")]),
        ({"type": "array", "items": TEXT}, {"type": "array", "items": WHOLE}, [(f"{AT}/items", w) for _, w in BOTH]),
        ({"type": "object", "additionalProperties": False}, {"type": "object"}, [(AT, "consumers")]),
        ({"type": "object"}, {"type": "object", "additionalProperties": TEXT}, [(AT, "producers")]),
        ({"type": "string", "minLength": 2}, {"type": "string", "minLength": 3}, [(AT, "producers")]),
        ({"type": "string", "minLength": 2}, {"type": "string", "minLength": 1}, [(AT, "consumers")]),
        ({"type": "string", "maxLength": 2}, {"type": "string", "maxLength": 3}, [(AT, "consumers")]),
        (TEXT, {"type": "string", "maxLength": 3}, [(AT, "producers")]),
        ({"type": "string", "maxLength": 3}, TEXT, [(AT, "consumers")]),
        (TEXT, {"type": "string", "format": "uuid"}, BOTH),
        (TEXT, {"type": "string", "title": "other words", "examples": ["x"]}, []),
        ({"anyOf": [TEXT, WHOLE], "minimum": 1}, {"anyOf": [TEXT, WHOLE], "minimum": 1}, []),
        ({"anyOf": [TEXT, {"type": "string", "pattern": "x"}]}, {"anyOf": [TEXT]}, BOTH),
    ],
)
def test_a_change_of_a_field_breaks_whom_it_breaks(old: Any, new: Any, expected: list[tuple[str, str]]) -> None:
    assert found(event({"a": old}, ("a",)), event({"a": new}, ("a",))) == expected


def test_a_new_optional_field_and_a_new_definition_break_nobody() -> None:
    new = event({"a": TEXT, "b": {"$ref": "#/$defs/B"}}, ("a",), B={"type": "object", "properties": {"c": WHOLE}})
    assert found(event({"a": TEXT}, ("a",)), new) == []


def test_a_field_that_is_gone_breaks_consumers_wherever_it_was() -> None:
    old = event(
        {"in": {"type": "array", "items": {"$ref": "#/$defs/B"}}}, B={"type": "object", "properties": {"c/d": TEXT}}
    )
    new = event({"in": {"type": "array", "items": {"$ref": "#/$defs/B"}}}, B={"type": "object", "properties": {}})
    assert breaches(old, new) == (Breach("#/$defs/B/properties/c~1d", "consumers", "the field c/d is gone"),)


def test_required_and_no_longer_required() -> None:
    less, more = event({"a": TEXT}), event({"a": TEXT}, ("a",))
    assert found(less, more) == [("#/$defs/Top/required", "producers")]
    assert found(more, less) == [("#/$defs/Top/required", "consumers")]
    assert found(event({}), more) == [("#/$defs/Top/required", "producers")]
    assert found(more, event({})) == [(AT, "consumers")]


def test_a_default_says_what_a_missing_field_means() -> None:
    low, high = event({"a": {**WHOLE, "default": 0}}), event({"a": {**WHOLE, "default": 1}})
    (breach,) = breaches(low, high)
    assert breach == Breach(AT, "consumers", "where it is missing it means 1 now, it was 0")
    assert found(low, event({"a": WHOLE})) == [(AT, "consumers")]
    assert found(event({"a": {**WHOLE, "default": 0}}, ("a",)), event({"a": WHOLE}, ("a",))) == []


def test_where_no_others_are_allowed_a_new_field_breaks_consumers_and_a_gone_one_breaks_producers_too() -> None:
    old = {"type": "object", "properties": {"a": TEXT}, "additionalProperties": False}
    new = {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "additionalProperties": False}
    assert found(old, new) == [("#/properties/b", "consumers")]
    assert found(new, old) == [("#/properties/b", "consumers"), ("#/properties/b", "producers")]


def test_a_field_that_had_been_one_of_the_others_keeps_their_type() -> None:
    old = {"type": "object", "additionalProperties": TEXT}
    assert found(old, {**old, "properties": {"b": TEXT}}) == []
    assert {side for _, side in found(old, {**old, "properties": {"b": WHOLE}})} == {"consumers", "producers"}
    assert found({**old, "properties": {"b": WHOLE}}, old)[0] == ("#/additionalProperties", "consumers")


def test_only_lists_that_are_declared_open_may_grow() -> None:
    old, new = event({"change": {"enum": ["x"]}}), event({"change": {"enum": ["x", "y"]}})
    assert found(old, new, "change") == []
    assert found(old, new) == found(old, new, "other") == [("#/$defs/Top/properties/change", "consumers")]
    assert found(new, old, "change") == [("#/$defs/Top/properties/change", "producers")]


def test_what_stands_behind_keywords_that_are_not_understood_is_compared_by_its_text() -> None:
    def one(of: Schema) -> Schema:
        return event({"a": {"oneOf": [{"$ref": "#/$defs/B"}, TEXT]}}, B=of)

    assert found(one(WHOLE), one(WHOLE)) == []
    assert found(one(WHOLE), one(NUMBER)) == BOTH
    round_about = {"oneOf": [{"$ref": "#/$defs/B"}]}
    assert found(one(round_about), one(round_about)) == []


def test_what_stands_beside_a_reference_counts() -> None:
    plain = event({"a": {"$ref": "#/$defs/B", "description": "words"}}, B=TEXT)
    strict = event({"a": {"$ref": "#/$defs/B", "maxLength": 3}}, B=TEXT)
    assert found(plain, event({"a": TEXT})) == []
    assert {side for _, side in found(plain, strict)} == {"consumers", "producers"}


def test_definitions_that_go_round_in_a_circle_end() -> None:
    def tree(leaf: Schema) -> Schema:
        branch = {"type": "array", "items": {"$ref": "#/$defs/Top"}}
        return event({"leaf": leaf, "branches": branch}, ("leaf",))

    assert found(tree(TEXT), tree(TEXT)) == []
    assert found(tree(TEXT), tree(WHOLE)) == [("#/$defs/Top/properties/leaf", side) for _, side in BOTH]


# By property: what a validator says decides.

NAMES = st.sampled_from(["a", "b", "c"])
leaves = st.one_of(
    st.sampled_from([TEXT, WHOLE, NUMBER, {"type": "boolean"}, {"type": ["string", "null"]}]),
    st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, unique=True).map(lambda some: {"enum": sorted(some)}),
    st.builds(lambda low, high: {"type": "integer", "minimum": low, "maximum": low + high}, *[st.integers(0, 3)] * 2),
    st.integers(0, 3).map(lambda low: {"type": "string", "minLength": low}),
)


def _objects(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    def one(properties: dict[str, Schema], required: list[str]) -> Schema:
        return {"type": "object", "properties": properties, "required": sorted({*required} & {*properties})}

    return st.builds(one, st.dictionaries(NAMES, inner, max_size=3), st.lists(NAMES, max_size=2, unique=True))


SCHEMAS = st.recursive(
    leaves,
    lambda inner: st.one_of(
        _objects(inner),
        inner.map(lambda one: {"type": "array", "items": one}),
        inner.map(lambda one: {"type": "object", "additionalProperties": one}),
        inner.map(lambda one: {"anyOf": [one, {"type": "null"}]}),
    ),
    max_leaves=5,
)


def values(schema: Schema) -> st.SearchStrategy[Any]:
    """Values that are valid by a schema of ``SCHEMAS``."""
    if "anyOf" in schema:
        return st.one_of(*map(values, schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema["type"]
    if isinstance(kind, list):
        return st.one_of(*(values({"type": one}) for one in kind))
    if kind == "object" and "additionalProperties" in schema:
        return st.dictionaries(NAMES, values(schema["additionalProperties"]), max_size=2)
    if kind == "object":
        must = {name: values(one) for name, one in schema["properties"].items() if name in schema["required"]}
        may = {name: values(one) for name, one in schema["properties"].items() if name not in must}
        return st.fixed_dictionaries(must, optional=may)
    simple: dict[str, st.SearchStrategy[Any]] = {
        "array": st.lists(values(schema["items"]), max_size=2) if "items" in schema else st.nothing(),
        "string": st.text("xyz", min_size=schema.get("minLength", 0), max_size=5),
        "integer": st.integers(schema.get("minimum", -5), schema.get("maximum", 9)),
        "number": st.integers(-5, 9) | st.sampled_from([0.5, 2.5]),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    return simple[kind]


def places(schema: Schema) -> list[Schema]:
    """Every schema inside a schema."""
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    inner += [schema[word] for word in ("items", "additionalProperties") if word in schema]
    return [schema, *(one for part in inner for one in places(part))]


@st.composite
def changed(draw: st.DrawFn) -> tuple[Schema, Schema]:
    """A schema, and one that differs from it in one place."""
    old = draw(SCHEMAS)
    new = copy.deepcopy(old)
    place = draw(st.sampled_from(places(new)))
    other = copy.deepcopy(draw(SCHEMAS))
    place.clear()
    place.update(other)
    return old, new


QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def meetings(draw: st.DrawFn) -> tuple[Schema, Schema, Any]:
    """Who reads by one schema, who writes by another, and a value that was written."""
    reader, writer = draw(changed() | st.tuples(SCHEMAS, SCHEMAS))
    return reader, writer, draw(values(writer))


def understood(reader: Schema, value: Any) -> bool:
    return jsonschema.Draft202012Validator(reader).is_valid(value)


def said_of(old: Schema, new: Schema) -> set[str]:
    return {one.breaks for one in breaches(old, new)}


@given(meetings())
@QUICK
def test_where_consumers_are_said_to_be_safe_they_are(met: tuple[Schema, Schema, Any]) -> None:
    old, new, value = met
    assert understood(old, value) or "consumers" in said_of(old, new)


@given(meetings())
@QUICK
def test_where_producers_are_said_to_be_safe_they_are(met: tuple[Schema, Schema, Any]) -> None:
    new, old, value = met
    assert understood(new, value) or "producers" in said_of(old, new)


@pytest.mark.parametrize("side", ["consumers", "producers"])
def test_the_two_properties_would_notice_a_comparison_that_misses_one_side(side: str) -> None:
    """The negative control: both kinds of meeting are found, those that fail and those that are safe."""
    quick = settings(max_examples=500, deadline=None, database=None, phases=[Phase.generate])
    reader, writer, value = find(meetings(), lambda met: not understood(met[0], met[2]), settings=quick)
    assert not understood(reader, value)
    assert side in (said_of(reader, writer) if side == "consumers" else said_of(writer, reader))
    safe = find(meetings(), lambda met: met[0] != met[1] and not said_of(met[0], met[1]), settings=quick)
    assert understood(safe[0], safe[2])


@given(SCHEMAS)
@QUICK
def test_a_schema_breaks_nothing_of_itself(schema: Schema) -> None:
    assert breaches(schema, copy.deepcopy(schema)) == ()


@given(SCHEMAS, st.data())
@QUICK
def test_what_may_be_added_breaks_nobody(schema: Schema, data: st.DataObject) -> None:
    old = event({"top": copy.deepcopy(schema)})
    new = copy.deepcopy(old)
    holders = [one for one in places(new["$defs"]["Top"]) if "properties" in one]
    holder = data.draw(st.sampled_from(holders))
    holder["properties"]["new"] = copy.deepcopy(data.draw(SCHEMAS))
    data.draw(st.sampled_from(places(new["$defs"]["Top"])))["description"] = "words"
    assert breaches(old, new) == ()


@given(SCHEMAS, st.data())
@QUICK
def test_a_field_taken_away_anywhere_is_told_with_its_place(schema: Schema, data: st.DataObject) -> None:
    old = event({"top": schema}, ("top",))
    new = copy.deepcopy(old)
    holder = data.draw(st.sampled_from([one for one in places(new["$defs"]["Top"]) if one.get("properties")]))
    name = data.draw(st.sampled_from(sorted(holder["properties"])))
    del holder["properties"][name]
    holder["required"] = [one for one in holder["required"] if one != name]
    told = breaches(old, new)
    assert [one.sentence for one in told if one.pointer.endswith(f"/properties/{name}")] == [
        f"the field {name} is gone"
    ]
    place: Any = old
    for part in told[0].pointer.split("/")[1:]:
        place = place[int(part)] if isinstance(place, list) else place[part]
