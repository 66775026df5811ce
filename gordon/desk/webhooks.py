"""webhooks.yaml: who is told of what happens in queues, over HTTP; and the secrets that sign it, which live elsewhere.

A secret in the file is refused, and never repeated in a message: the file is read by everybody who reads the desk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, get_args

from pydantic import Field, SecretBytes, model_validator

from gordon.desk.model import SLUG, Model
from gordon.desk.validate import build, line_of, suggest
from gordon.desk.yaml_lines import Lines
from gordon.desk.yaml_lines import Path as Place
from gordon.errors import Problem
from gordon.events import Change
from gordon.secrets import exposed
from gordon.webhooks import SECRET_PREFIX, key_of

WEBHOOKS = "webhooks.yaml"
MAX_SECRET = 4096


class SecretSource(Model):
    """Where a secret is: in a ``file`` (relative to the desk) or in the environment variable ``env``."""

    file: str | None = Field(default=None, min_length=1)
    env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")

    @model_validator(mode="after")
    def _one_place(self) -> SecretSource:
        if (self.file is None) == (self.env is None):
            raise ValueError("write either file: or env:")
        return self

    def __str__(self) -> str:
        return f"file {self.file}" if self.file is not None else f"environment variable {self.env}"


class Webhook(Model):
    """One receiver. ``queues``: names, or patterns with ``*``; all ``secrets`` sign, so that they can be changed."""

    id: str = Field(pattern=SLUG, max_length=100)
    url: str
    queues: tuple[str, ...] = Field(default=("*",), min_length=1)
    changes: tuple[Change, ...] = Field(default=get_args(Change), min_length=1)
    secrets: tuple[SecretSource, ...] = Field(min_length=1, max_length=10)

    def wants(self, queue: str, change: str) -> bool:
        """Whether it is told of this change in this queue."""
        return change in self.changes and any(fnmatchcase(queue, pattern) for pattern in self.queues)


def read_webhooks(data: Any, lines: Lines) -> tuple[list[tuple[int, Webhook]], list[Problem]]:
    """The webhooks of the file that are right, each with its index, and every mistake."""
    if not isinstance(data, list):
        return [], [Problem(WEBHOOKS, 1, "is not a list of webhooks", "start each webhook with '- id:'")]
    found: list[tuple[int, Webhook]] = []
    problems: list[Problem] = []
    for index, entry in enumerate(data):
        spoken = [*_spoken(entry, (index,))]
        if spoken:
            remedy = "take it out, make a new one, and write secrets: [{file: PATH}] or [{env: NAME}]"
            problems += [Problem(WEBHOOKS, line_of(lines, place), "a secret stands here", remedy) for place in spoken]
            continue
        made, mistakes = build(Webhook, entry, WEBHOOKS, lines, (index,))
        problems += mistakes
        if made:
            found.append((index, made))
    return found, problems


def _spoken(value: Any, place: Place) -> Iterator[Place]:
    """Where a secret stands in plain words: anything that looks like one, and whatever is given as one."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "secrets" and isinstance(inner, list):
                yield from ((*place, key, at) for at, one in enumerate(inner) if not isinstance(one, Mapping))
                inner = [one if isinstance(one, Mapping) else None for one in inner]
            elif key in ("secret", "secrets") and isinstance(inner, str):
                yield (*place, key)
                continue
            yield from _spoken(inner, (*place, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _spoken(inner, (*place, at))
    elif isinstance(value, str) and SECRET_PREFIX in value:
        yield place


def check_webhooks(placed: Sequence[tuple[int, Webhook]], queues: Iterable[str], lines: Lines) -> list[Problem]:
    """Repeated ids, and names of queues that are none. ``queues``: those of the desk; none: they could not be read."""
    seen: set[str] = set()
    known = sorted(queues)
    problems: list[Problem] = []
    for index, webhook in placed:
        if webhook.id in seen:
            line = line_of(lines, (index, "id"))
            problems.append(Problem(WEBHOOKS, line, f"webhook {webhook.id!r} appears twice", "give it another id"))
        seen.add(webhook.id)
        for at, pattern in enumerate(webhook.queues):
            if known and not any(fnmatchcase(queue, pattern) for queue in known):
                line, text = line_of(lines, (index, "queues", at)), f"{webhook.id}: no queue {pattern!r}"
                problems.append(Problem(WEBHOOKS, line, text, suggest(pattern, known)))
    return problems


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one webhook. ``wrong``: secrets that can never do; ``missing``: that are not here, which may be right
    for a process that does not post. Both as place below ``secrets``, what, and the remedy."""

    keys: tuple[SecretBytes, ...]
    wrong: tuple[tuple[int, str, str], ...]
    missing: tuple[tuple[int, str, str], ...]


class _Missing(Exception):
    """The secret is not here, or not for us; never leaves this file."""


def keys_of(webhook: Webhook, folder: Path, environ: Mapping[str, str]) -> Keys:
    """Reads the secrets of a webhook. No message holds a secret."""
    keys: list[SecretBytes] = []
    wrong: list[tuple[int, str, str]] = []
    missing: list[tuple[int, str, str]] = []
    for at, source in enumerate(webhook.secrets):
        try:
            text = _from_file(folder / source.file) if source.file is not None else _from_environment(source, environ)
            keys.append(SecretBytes(key_of(text)))
        except _Missing as error:
            remedy = f"put a secret there: echo {SECRET_PREFIX}$(openssl rand -base64 32)"
            missing.append((at, f"{webhook.id}: {source}: {error}", remedy))
        except PermissionError:
            remedy = "make it readable for the user of gordon relay alone"
            missing.append((at, f"{webhook.id}: {source}: may not be read", remedy))
        except ValueError as error:
            wrong.append((at, f"{webhook.id}: {source}: {error}", "see docs/webhooks.md"))
    return Keys(tuple(keys), tuple(wrong), tuple(missing))


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            if exposed(path.stat().st_mode):
                raise ValueError("everybody may read it; run chmod o-r on it, and make a new secret")
            return file.read(MAX_SECRET).decode("ascii")
    except FileNotFoundError:
        raise _Missing("is not there") from None
    except UnicodeDecodeError:
        # Not chained: the error holds what was read.
        raise ValueError("it is not plain text") from None
    except IsADirectoryError:
        raise ValueError("it is a folder") from None


def _from_environment(source: SecretSource, environ: Mapping[str, str]) -> str:
    text = environ.get(source.env or "", "")
    if not text:
        raise _Missing("is not set")
    return text
