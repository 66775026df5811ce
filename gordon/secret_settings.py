"""Settings that are secrets: which they are, the files that they may stand in, and the mistakes one can make there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BaseModel, SecretStr

from gordon.desk.validate import line_of
from gordon.desk.yaml_lines import Lines
from gordon.errors import DeskInvalid, Problem
from gordon.secrets import exposure, read_secret

Place = tuple[str, ...]
M = TypeVar("M", bound=BaseModel)
FILE_SUFFIX = "_file"
ADDRESSES = frozenset({("database",)})
"""Secrets that are one only as far as they hold a password."""


def secret_places(model: type[BaseModel], above: Place = ()) -> Iterator[Place]:
    """The place of every setting that is a secret; beside each stands the one that names a file, ``..._file``."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if kind is SecretStr:
            yield (*above, name)
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from secret_places(kind, (*above, name))


def file_place(place: Place) -> Place:
    """Where the file of a secret is named."""
    return (*place[:-1], place[-1] + FILE_SUFFIX)


def secret_at(settings: BaseModel, place: Place) -> str:
    """A secret in plain words."""
    return str(_at(settings, place).get_secret_value())


def secret_values(settings: BaseModel) -> list[str]:
    """All that must never be shown: the secrets, and of an address the passwords in it."""
    told = [(place, secret_at(settings, place)) for place in secret_places(type(settings))]
    return [word for place, value in told if value for word in (passwords(value) if place in ADDRESSES else [value])]


def passwords(address: str) -> list[str]:
    """The passwords that an address carries, before its host and in its query, as they stand there and decoded."""
    try:
        parts = urlsplit(address)
        query = parse_qs(parts.query)
        found = [parts.password or "", unquote(parts.password or "")]
    except ValueError:  # no address at all, which somebody else complains about
        return []
    found += [word for key in ("password", "sslpassword") for word in query.get(key, ())]
    return [word for word in dict.fromkeys(found) if word]


def fill(settings: M, desk: Path, where: Callable[[Place], tuple[str, int]]) -> tuple[M, list[Problem]]:
    """The settings with the secrets that stand in files, relative to the desk. ``where``: file and line of a setting,
    or its variable, for mistakes."""
    problems: list[Problem] = []
    for place in secret_places(type(settings)):
        named = str(_at(settings, file_place(place)))
        if not named:
            continue
        shown, line = where(file_place(place))
        dotted = ".".join(place)
        if secret_at(settings, place):
            text = f"both {dotted} and {dotted}{FILE_SUFFIX} are given"
            problems.append(Problem(shown, line, text, "take one of them out"))
            continue
        try:
            settings = _put(settings, place, SecretStr(read_secret((desk / named).resolve(), named)))
        except DeskInvalid as error:
            for found in error.problems:
                text = f"{dotted}{FILE_SUFFIX}: {found.message}"
                problems.append(Problem(shown, line, text, found.remedy))
    return settings, problems


def open_to_all(model: type[BaseModel], data: Mapping[str, Any], lines: Lines, path: Path) -> list[Problem]:
    """What is wrong where ``data``, read from the file at ``path``, holds secrets and everybody may read it."""
    told = [place for place in secret_places(model) if _tells(place, _inside(data, place))]
    problem = exposure(path, path.name) if told else None
    if problem is None:
        return []
    return [Problem(path.name, line_of(lines, told[0]), f"{'.'.join(told[0])}: {problem.message}", problem.remedy)]


def _tells(place: Place, value: Any) -> bool:
    return isinstance(value, str) and bool(passwords(value) if place in ADDRESSES else value)


def _inside(data: Any, place: Place) -> Any:
    for part in place:
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def _at(settings: BaseModel, place: Place) -> Any:
    found: Any = settings
    for part in place:
        found = getattr(found, part)
    return found


def _put(settings: M, place: Place, value: SecretStr) -> M:
    head, *rest = place
    inner = _put(getattr(settings, head), tuple(rest), value) if rest else value
    return settings.model_copy(update={head: inner})
