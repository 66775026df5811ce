"""Data to types, and the mistakes back to lines: the edge where pydantic's errors become Problems."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError

from gordon.desk.yaml_lines import Lines, Path
from gordon.errors import Problem

T = TypeVar("T", bound=BaseModel)


def build(kind: type[T], data: Any, file: str, lines: Lines, base: Path = ()) -> tuple[T | None, list[Problem]]:
    """An object of ``kind``, or None and every mistake with its line. ``base``: where ``data`` lies in the file."""
    try:
        return kind.model_validate(data), []
    except ValidationError as error:
        details = [detail for detail in error.errors(include_url=False) if not _echo(detail)]
        return None, [_problem(kind, detail, file, lines, base) for detail in details]


def line_of(lines: Lines, path: Path) -> int:
    """The line of the longest known beginning of ``path``; 0 when nothing of it is known."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


def suggest(word: str, known: Iterable[str]) -> str:
    """``did you mean X?`` or the list of what is known."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names) or 'none'}"


def _echo(detail: Any) -> bool:
    """Whether pydantic calls a list too short only because its entries were refused, each with its own mistake."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _problem(kind: type[BaseModel], detail: Any, file: str, lines: Lines, base: Path) -> Problem:
    path: Path = (*base, *detail["loc"])
    line = line_of(lines, path)
    where = ".".join(str(part) for part in path) or "the file"
    if detail["type"] == "extra_forbidden":
        owner = _owner(kind, detail["loc"][:-1])
        return Problem(file, line, f"unknown key {where}", suggest(str(path[-1]), owner))
    if detail["type"] == "missing":
        return Problem(file, line, f"{where} is missing", "add it")
    if detail["type"] == "tuple_type":
        return Problem(file, line, f"{where} is not a list: {_short(detail.get('input'))}", "write it in [brackets]")
    if detail["type"] == "too_short" and not detail.get("input"):
        return Problem(file, line, f"{where} is empty", "write at least one thing in")
    message = detail["msg"].removeprefix("Value error, ")
    shown = "what it is stays secret" if _is_secret(kind, detail["loc"]) else f"it is {_short(detail.get('input'))}"
    return Problem(file, line, f"{where}: {message}", shown)


def _owner(kind: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The keys allowed at this place, found by following the field types as far as they are models."""
    current: Any = kind
    for part in loc:
        if isinstance(current, type) and issubclass(current, BaseModel) and isinstance(part, str):
            fields = {(field.alias or name): field for name, field in current.model_fields.items()}
            current = _inner(fields[part].annotation) if part in fields else current
    if isinstance(current, type) and issubclass(current, BaseModel):
        return [field.alias or name for name, field in current.model_fields.items()]
    return []


def _is_secret(kind: type[BaseModel], loc: tuple[str | int, ...]) -> bool:
    current: Any = kind
    for part in loc:
        fields = current.model_fields if isinstance(current, type) and issubclass(current, BaseModel) else {}
        current = _inner(fields[part].annotation) if part in fields else None
    return current is SecretStr


def _inner(annotation: Any) -> Any:
    """The model inside ``tuple[M, ...]``, ``dict[str, M]`` or ``M | None``."""
    if isinstance(annotation, type) and not getattr(annotation, "__args__", None):
        return annotation
    for argument in reversed(getattr(annotation, "__args__", ())):
        found = _inner(argument)
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found
    return annotation


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
