"""The documents lead somewhere: links, paths, chores, commands, variables and names that they mention exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from gordon.cli import app
from gordon.metrics import METRICS
from gordon.settings import _OTHER_VARIABLES, PREFIX, Settings, _field
from tests.house.markdown import anchors, fenced_lines, links, sections, spans

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
TABLES = {key for key, found in Settings.model_fields.items() if hasattr(found.annotation, "model_fields")} | {"demo"}
FILES = re.compile(r"\.(db|md|py|toml|opml|yaml|json|log|metrics)$")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def mentioned(path: Path) -> list[str]:
    """Code spans, and lines inside fences."""
    return [*spans(path), *fenced_lines(path)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    for target in links(document):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        place = (document.parent / file).resolve() if file else document
        assert place.exists(), f"{name(document)} links to {target}"
        assert place.is_relative_to(ROOT)
        assert not anchor or anchor in anchors(place), f"{name(document)} links to {target}"


def test_every_document_is_found_from_the_readme() -> None:
    found = {(ROOT / target.partition("#")[0]).resolve() for target in links(ROOT / "README.md")}
    assert {path for path in DOCUMENTS if path.parent in (ROOT, DOCS)} - {ROOT / "README.md"} <= found


PATH = re.compile(r"^[\w.-]+(/[\w.*-]+)+/?$|^[\w-]+\.(md|toml|lock)$")
OURS = ("README.md", "CONTRIBUTING.md", "docs/adding.md", "docs/architecture.md", "docs/events.md")
OF_A_DESK = ("files/", "logs/", "gordon.toml", "application/")
BUILT = (".venv/",)


def paths(document: Path) -> Iterator[str]:
    for span in spans(document):
        if PATH.match(span) and not span.startswith((*OF_A_DESK, *BUILT)):
            yield span


@pytest.mark.parametrize("document", [ROOT / path for path in OURS], ids=name)
def test_every_path_that_is_named_exists(document: Path) -> None:
    """Of a path with a name to fill in (NAME.py) it is the folder."""
    for path in paths(document):
        place = ROOT / path
        assert (place.parent if place.stem == "NAME" else place).exists(), f"{name(document)} names {path}"


def test_the_recipes_name_real_paths_and_what_is_really_in_them() -> None:
    recipes = DOCS / "adding.md"
    assert len(list(paths(recipes))) > 40
    text = recipes.read_text(encoding="utf-8")
    pairs = re.findall(r"`(\w+)` (?:in|and `\w+` in) `([\w./-]+\.py)`", text)
    assert len(pairs) > 8
    for word, path in pairs:
        source = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"\b(class )?{word}\b", source), f"no {word} in {path}"


CHORES = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
SHOWN = set(re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE))


def test_every_chore_has_its_row() -> None:
    rows = [found.removeprefix("make ") for found in sections(ROOT / "CONTRIBUTING.md")["Chores"].names()]
    assert sorted(rows) == sorted(SHOWN)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_chore_that_is_named_exists(document: Path) -> None:
    for text in mentioned(document):
        for chore in re.findall(r"(?:^|\s)make ([a-z]+)", text):
            assert chore in CHORES, f"{name(document)} says make {chore}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_command_that_is_shown_can_be_typed(document: Path) -> None:
    for text in mentioned(document):
        line = re.sub(r"^\.venv/bin/", "", text).removesuffix("&").strip()
        if not re.match(r"gordon [a-z]", line):
            continue
        command, rest = get_command(app), shlex.split(line)[1:]
        while rest and rest[0] in (below := getattr(command, "commands", {})):
            command, rest = below[rest[0]], rest[1:]
        group = getattr(command, "commands", None)
        assert command.name or group, f"{name(document)}: {text}"
        assert not (group and rest), f"{name(document)}: there is no {text}"
        known = {word for parameter in command.params for word in (*parameter.opts, *parameter.secondary_opts)}
        assert {word for word in rest if word.startswith("--")} <= known | {"--help"}, f"{name(document)}: {text}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_metric_variable_and_setting_that_is_named_exists(document: Path) -> None:
    for text in mentioned(document):
        for metric in re.findall(r"\bgordon_[a-z_]+", text):
            assert metric in METRICS, f"{name(document)} names {metric}"
        for variable in re.findall(r"\bGORDON_[A-Z_]+[A-Z]\b", text):
            path = tuple(variable.removeprefix(PREFIX).lower().split("__"))
            assert variable in _OTHER_VARIABLES or _field(path), f"{name(document)} names {variable}"
        dotted = re.fullmatch(rf"({'|'.join(TABLES)})\.([a-z_]+)", text)
        if dotted and not FILES.search(text):
            assert _field((dotted[1], dotted[2])), f"{name(document)} names {text}"
