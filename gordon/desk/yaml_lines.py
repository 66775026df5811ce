"""YAML that remembers where everything stood: plain data, and the line of each key and value.

Only what a desk needs: no tags, no anchors (an alias can explode), and "yes", "no" and "08:00" stay text, as people
expect (YAML 1.1 makes booleans and base-60 numbers of them). Every mistake of a text is reported at once.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from gordon.errors import Problem

Path = tuple[str | int, ...]
Lines = dict[Path, int]

_SCALARS: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r"(?i:true)"), lambda text: True),
    (re.compile(r"(?i:false)"), lambda text: False),
    (re.compile(r"(?i:null)|~|"), lambda text: None),
    (re.compile(r"[-+]?(0|[1-9][0-9]*)"), int),
    (re.compile(r"[-+]?[0-9]+\.[0-9]+([eE][-+]?[0-9]+)?"), float),
)


def parse(text: str, file: str) -> tuple[Any, Lines, list[Problem]]:
    """Data, lines by path, and the problems found; data is None where the text cannot be read at all."""
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        return None, {}, [Problem(file, line, f"not readable as YAML: {error.problem}", "mind indentation and quotes")]
    except yaml.YAMLError as error:
        return None, {}, [Problem(file, 0, f"not readable as YAML: {error}", "save the file as UTF-8 text")]
    except RecursionError:
        return None, {}, [Problem(file, 0, "nested too deeply", "flatten the structure")]
    if root is None:
        return None, {}, [Problem(file, 0, "the file is empty", "write its content, or remove the file")]
    walker = _Walker(file)
    return walker.value(root, ()), walker.lines, walker.problems


class _Walker:
    """Turns nodes into data, noting lines and mistakes on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: Lines = {}
        self.problems: list[Problem] = []
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if id(node) in self._seen:
            self.problems.append(Problem(self.file, line, "anchors and aliases are not supported", "repeat the text"))
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in data:
                self.problems.append(Problem(self.file, line, f"key {key!r} appears twice", "keep one of them"))
                continue
            self.lines[(*path, key)] = line
            data[key] = self.value(value_node, (*path, key))
        return data


def _scalar(node: yaml.Node) -> Any:
    text: str = node.value
    if getattr(node, "style", None) in ('"', "'", "|", ">"):
        return text
    for pattern, convert in _SCALARS:
        if pattern.fullmatch(text):
            return convert(text)
    return text
