"""The settings in force, each with the place that it comes from, to be shown to operators: without secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from pydantic import BaseModel, SecretStr

from gordon.hosts import redact
from gordon.secret_settings import ADDRESSES, file_place
from gordon.secrets import HIDDEN, veiled
from gordon.settings import Settings, where_set


class Shown(Struct, frozen=True, kw_only=True):
    """One setting. ``source``: a variable, or a file and line; "default" where nothing was set."""

    setting: str
    value: Any
    source: str


def in_force(settings: Settings, desk: Path, environ: Mapping[str, str]) -> list[Shown]:
    """Every setting, in the order of the documents."""
    return [
        Shown(setting=".".join(place), value=_told(place, value), source=_source(settings, place, desk, environ))
        for place, value in _walk(settings)
    ]


def _walk(model: BaseModel, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _walk(value, (*above, name))
        else:
            yield (*above, name), value


def _told(place: tuple[str, ...], value: Any) -> Any:
    if isinstance(value, SecretStr):
        text = value.get_secret_value()
        return redact(text, f"{HIDDEN}@") if place in ADDRESSES else HIDDEN if text else ""
    return veiled(redact(value, f"{HIDDEN}@")) if isinstance(value, str) else value


def _source(settings: Settings, place: tuple[str, ...], desk: Path, environ: Mapping[str, str]) -> str:
    file, line = where_set(desk, environ, place)
    named = dict(_walk(settings)).get(file_place(place))
    if named:
        return str(named)
    return f"{file}:{line}" if line else "default" if file.endswith(".toml") else file
