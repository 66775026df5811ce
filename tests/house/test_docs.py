"""The documents are true: whatever the code offers has its row, and no row speaks of what is not there.

Names are compared as the code spans of first cells, and as whole sets, so both directions fail.
"""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from msgspec import NODEFAULT, Struct
from msgspec.structs import fields as struct_fields
from pydantic import BaseModel
from typer.main import get_command

import gordon.errors
from classify.document import About, Document
from classify.matchers import MATCHERS
from classify.matchers.query import QueryMatcher
from classify.query import compile_query, parse_query
from classify.query.grammar import grammar
from classify.query.meta import META_FIELDS
from classify.query.nodes import Meta, Near, Node, Scope, Unit, Word, walk
from classify.text import FIELDS
from gordon.app.daemon import PORT_OFFSET
from gordon.app.folder_watch import PATTERNS
from gordon.cli import app
from gordon.contracts_asyncapi import CHANNELS, HEADERS
from gordon.desk.routing import Silence
from gordon.desk.schema import Bilingual, Person, PolicyFile, QueuesFile
from gordon.desk.webhooks import Webhook
from gordon.errors import GordonError, Permanent
from gordon.events import TYPES, Change, Kind, Mention, Priority
from gordon.health import Health, Listener
from gordon.metrics import METRICS, Metrics
from gordon.settings import PREFIX, Demo, Settings
from gordon.webhooks import UNDELIVERABLE
from ingest.kinds import KINDS
from ingest.schedule import Outcome
from route.conditions import CONDITIONS
from tests.house.markdown import rows, sections

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DESK, EVENTS, METRIC_DOC = DOCS / "desk.md", DOCS / "events.md", DOCS / "metrics.md"
SETTINGS, COMMANDS = DOCS / "settings.md", DOCS / "commands.md"


def same(documented: list[str], real: Any) -> None:
    """Equal as sets, and nothing documented twice."""
    assert sorted(documented) == sorted(real)


# Settings


def settings(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The dotted name of every setting, and its default or None."""
    for key, found in model.model_fields.items():
        inner = Demo if key == "demo" else found.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from settings(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", None if found.is_required() else found.default


def setting_rows() -> dict[str, tuple[str, str]]:
    return {row.code()[0]: (row.cells[1], row.code(3)[0]) for row in rows(SETTINGS) if len(row.cells) == 4}


def test_every_setting_has_its_row() -> None:
    same(list(setting_rows()), dict(settings()))
    same(sections(SETTINGS)["Not in the file"].names(), ["GORDON_DESK", "GORDON_LANGUAGE"])


@pytest.mark.parametrize("dotted", dict(settings()))
def test_a_setting_is_documented_with_its_variable_and_its_default(dotted: str) -> None:
    default, variable = setting_rows()[dotted]
    assert variable == PREFIX + dotted.replace(".", "__").upper()
    if default == "none":
        assert dict(settings())[dotted] is None
        return
    value = tomllib.loads(f"value = {default.strip('`')}")["value"]
    table: dict[str, Any] = {"demo": {"blogs": "blogs"}} if dotted.startswith("demo.") else {}
    blank = Settings.model_validate(table)
    *above, last = dotted.split(".")
    target = table
    for part in above:
        target = target.setdefault(part, {})
    target[last] = value
    assert Settings.model_validate(table) == blank


# Metrics


def test_every_metric_has_its_row_with_type_labels_and_daemons() -> None:
    found = {
        row.code()[0]: (row.cells[1], tuple(row.code(2)), frozenset(row.cells[3].split(", ")))
        for row in sections(METRIC_DOC)["Metrics"].rows
    }
    assert found == {metric: (spec.kind, spec.labels, spec.stages) for metric, spec in METRICS.items()}


def test_every_poll_outcome_has_its_row() -> None:
    same(sections(METRIC_DOC)["Poll outcomes"].names(), ["never", "dormant", *get_args(Outcome)])


def test_the_addresses_of_the_listener_are_those_documented() -> None:
    listener = Listener(Metrics("ingest"), Health(), "127.0.0.1", 0)
    listener.close()
    same(sections(METRIC_DOC)["Addresses"].names(), listener._listening.server.RequestHandlerClass.answers)  # type: ignore[attr-defined]  # the handler's table


# Commands


def commands(command: Any = None, path: tuple[str, ...] = ("gordon",)) -> Iterator[tuple[str, Any]]:
    command = command or get_command(app)
    inner = getattr(command, "commands", None)
    if inner is None:
        yield " ".join(path), command
        return
    for key, below in inner.items():
        yield from commands(below, (*path, key))


REAL = dict(commands())
SHARED = ["--desk", "-d", "--help", "-h"]


def words_of(parameter: Any) -> list[str]:
    """What people type for a parameter: its options, or the name of the argument."""
    if parameter.param_type_name == "option":
        return [*parameter.opts, *parameter.secondary_opts]
    asked = parameter.metavar or parameter.name.upper()
    return [parameter.name.upper() if "|" in asked else asked.strip("[].")]


def test_every_command_has_its_section() -> None:
    same([title for title in sections(COMMANDS) if title.startswith("gordon ")], REAL)


@pytest.mark.parametrize("command", REAL)
def test_every_option_of_a_command_has_its_row(command: str) -> None:
    documented = [word for row in sections(COMMANDS)[command].rows for word in row.code()]
    real = [word for parameter in REAL[command].params for word in words_of(parameter)]
    same(documented, [word for word in real if word not in SHARED])
    assert ("--desk" in real) == (command != "gordon init")


def test_shared_options_and_exit_codes_have_their_rows() -> None:
    top = [word for parameter in get_command(app).params for word in words_of(parameter)]
    same([word for row in sections(COMMANDS)["Shared options"].rows for word in row.code()], {*SHARED, *top})
    codes = {kind.exit_code for kind in errors() if issubclass(kind, GordonError)}
    same(sections(COMMANDS)["Exit codes"].names(), {"0", "2", *map(str, codes)})


# Events


def event_fields(kind: type[Struct], prefix: str = "") -> Iterator[tuple[str, str]]:
    """The dotted name of each field, and whether it is always there. A mention inside is a field like any other."""
    for found in struct_fields(kind):
        inner = next((one for one in (found.type, *get_args(found.type)) if is_struct(one)), None)
        required = found.default is NODEFAULT and found.default_factory is NODEFAULT
        yield f"{prefix}{found.encode_name}", "yes" if required else "no"
        if inner and inner is not Mention:
            many = "[]" if get_origin(found.type) is tuple else ""
            yield from event_fields(inner, f"{prefix}{found.encode_name}{many}.")


def is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


@pytest.mark.parametrize("kind", TYPES)
def test_every_field_of_an_event_has_its_row(kind: str) -> None:
    documented = [(row.code()[0], row.cells[1]) for row in sections(EVENTS)[kind].rows]
    same(documented, list(event_fields(TYPES[kind])))


def test_every_event_type_has_its_section_and_its_topic() -> None:
    same([title for title in sections(EVENTS) if re.fullmatch(r"gordon\.\w+\.v\d+", title)], TYPES)
    documented = {(row.code(1)[0], row.code()[0]) for row in sections(EVENTS)["Topics"].rows}
    assert documented == {(kind, found.address.replace("{queue}", "<queue>")) for kind, found in CHANNELS.items()}
    same(sections(EVENTS)["Envelope"].names(), HEADERS)


@pytest.mark.parametrize(("title", "real"), [("kind", Kind), ("priority", Priority), ("change", Change)])
def test_every_value_of_a_closed_list_has_its_row(title: str, real: Any) -> None:
    same(sections(EVENTS)[f"Values of {title}"].names(), get_args(real))


def test_every_flag_has_its_row() -> None:
    text = (ROOT / "ingest" / "normalise.py").read_text(encoding="utf-8")
    block = text.partition("flags = (")[2].partition("\n    )")[0]
    same(sections(EVENTS)["Flags"].names(), re.findall(r'\("([a-z-]+)"', block))


def errors() -> list[type[Any]]:
    return [kind for _, kind in inspect.getmembers(gordon.errors, inspect.isclass)]


def buried() -> set[str]:
    """The reasons that the loop itself gives: the literal third arguments of ``_bury``."""
    tree = ast.parse((ROOT / "gordon" / "worker.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) > 2]
    given = [call.args[2] for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "_bury"]
    return {reason.value for reason in given if isinstance(reason, ast.Constant) and isinstance(reason.value, str)}


def test_every_reason_of_a_dead_letter_has_its_row() -> None:
    own = {kind.reason for kind in errors() if issubclass(kind, Permanent)}
    assert len(buried()) >= 2
    same(sections(EVENTS)["Reasons of dead letters"].names(), own | buried() | {UNDELIVERABLE})


# The desk


def keys(model: type[BaseModel], seen: set[type], prefix: str = "") -> Iterator[str]:
    """The dotted key of everything that can be written; a type that was walked before is not walked again."""
    for key, found in model.model_fields.items():
        dotted = f"{prefix}{found.alias or key}"
        yield dotted
        inner, mark = inside(found.annotation, f"<{key.removesuffix('s')}>")
        if inner and inner is not Bilingual and inner not in seen:
            seen.add(inner)
            yield from keys(inner, seen, f"{dotted}{mark}.")


def inside(annotation: Any, label: str) -> tuple[type[BaseModel] | None, str]:
    """The model in an annotation, and how its keys are reached: [] in a list, .<name> in a table of names."""
    arguments = get_args(annotation)
    mark = "[]" if getattr(annotation, "__origin__", None) is tuple else ""
    mark = f".{label}" if getattr(annotation, "__origin__", None) is dict else mark
    kinds = [kind for kind in (annotation, *arguments) if isinstance(kind, type) and not get_args(kind)]
    return next((kind for kind in kinds if issubclass(kind, BaseModel)), None), mark


def test_every_key_of_the_desk_has_its_row() -> None:
    seen: set[type] = set()
    tables = {
        "files/*.yaml: a policy file": list(keys(PolicyFile, seen)),
        "people.yaml": list(keys(Person, seen)),
        "queues.yaml": list(keys(QueuesFile, seen)),
        "silences.yaml": list(keys(Silence, seen)),
        "webhooks.yaml": list(keys(Webhook, seen)),
        "Two languages": list(Bilingual.model_fields),
    }
    assert {title: sorted(sections(DESK)[title].names()) for title in tables} == {
        title: sorted(real) for title, real in tables.items()
    }


@pytest.mark.parametrize(
    ("title", "real"),
    [("Kinds of rules", MATCHERS), ("Kinds of feeds", KINDS), ("Conditions of routes", CONDITIONS)],
)
def test_every_kind_has_its_row(title: str, real: Any) -> None:
    same(sections(DESK)[title].names(), real)


def test_every_file_of_the_desk_has_its_row() -> None:
    same(sections(DESK)["The desk"].names(), {pattern for pattern in PATTERNS if not pattern.endswith(".yml")})


def queries() -> list[tuple[str, str, str]]:
    found = sections(DESK)["Queries"].rows
    return [(row.code()[0], row.cells[2], row.cells[3]) for row in found]


def test_the_table_of_queries_has_a_row_for_every_operator_alone() -> None:
    trees = [parse_query(query) for query, _, _ in queries()]
    nodes = [node for tree in trees for node in walk(tree)]
    lexed = [[token.type for token in grammar().lex(query)] for query, _, _ in queries()]
    terminals = {terminal.name for terminal in grammar().terminals} - set(grammar().ignore_tokens)
    assert {kind for kinds in lexed for kind in kinds} == terminals
    alone = {frozenset(kinds) - {"WORD", "LPAR", "RPAR"} for kinds in lexed}
    assert {frozenset({kind}) for kind in terminals - {"WORD", "LPAR", "RPAR"}} <= alone
    assert ["WORD", "WORD"] in lexed  # the AND that may be left out
    assert {type(node) for node in nodes} == set(get_args(Node))
    assert {node.ordered for node in nodes if isinstance(node, Near)} == {True, False}
    assert {node.field for node in nodes if isinstance(node, Word)} == {"", *FIELDS}
    assert {node.field for node in nodes if isinstance(node, Meta)} == set(META_FIELDS)
    assert {node.unit for node in nodes if isinstance(node, Scope)} == set(get_args(Unit))
    assert {
        tuple(sign in tree.word for sign in "*?") for tree in trees if isinstance(tree, Word) and not tree.field
    } >= {
        (False, False),
        (True, False),
        (False, True),
    }


@pytest.mark.parametrize(("query", "yes", "no"), queries())
def test_the_examples_of_queries_are_true(query: str, yes: str, no: str) -> None:
    matcher = QueryMatcher(compile_query(parse_query(query)))
    assert matcher.find(sample(yes), "en") is not None
    assert matcher.find(sample(no), "en") is None


def sample(cell: str) -> Document:
    """The text of a cell; "(title) ..." is a title, "(url ...)" and the like what else is known of the mention."""
    title = cell.removeprefix("(title) ")
    known = re.fullmatch(r"\((\w+) (.+)\)", cell)
    if known:
        return Document("", "", About(**{known[1]: known[2]}))
    return Document(title, "") if title != cell else Document("", cell)


def test_the_attributes_of_opml_are_those_that_are_read() -> None:
    tree = ast.parse((ROOT / "ingest" / "opml.py").read_text(encoding="utf-8"))
    read = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "get"
        and isinstance(call.args[0], ast.Constant)
        and len(call.args) == 1
    }
    same(sections(DESK)["feeds.opml"].names(), {str(one) for one in read} | {"gordon:id", "gordon:fulltext"})


# Folders and processes


def test_every_folder_has_its_row() -> None:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    inner = {f"gordon/{path.parent.name}/" for path in (ROOT / "gordon").glob("*/__init__.py")}
    layout = {word for row in sections(DOCS / "architecture.md")["Layout"].rows for word in row.code()}
    assert {f"{package}/" for package in configured["root_packages"]} <= layout
    assert inner | {"gordon/"} == {word for word in layout if word.startswith("gordon/")}
    tests = {f"tests/{path.name}/" for path in (ROOT / "tests").iterdir() if any(path.glob("*.*"))} - {
        "tests/__pycache__/"
    }
    same(
        [word for row in sections(ROOT / "CONTRIBUTING.md")["Tests"].rows for word in row.code() if word[-1] == "/"],
        tests,
    )


def test_every_daemon_has_its_row() -> None:
    documented = {row.code()[0] for row in sections(DOCS / "architecture.md")["Processes"].rows if row.code()}
    assert documented == {"gordon up", *(f"gordon {stage}" for stage in PORT_OFFSET)}
