"""The webhooks of a desk made ready: addresses judged, secrets read, mistakes with their lines."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretBytes

from gordon.desk.load import Desk
from gordon.desk.validate import line_of
from gordon.desk.webhooks import WEBHOOKS, Webhook, keys_of
from gordon.desk.yaml_lines import Lines
from gordon.errors import DeskInvalid, Problem
from gordon.hosts import redact
from gordon.secrets import hide
from ingest.url import target

Placed = Sequence[tuple[int, Webhook]]


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook that can be posted to."""

    webhook: Webhook
    keys: tuple[SecretBytes, ...]

    @property
    def id(self) -> str:
        return self.webhook.id


def hook_problems(
    placed: Placed, lines: Lines, folder: Path, environ: Mapping[str, str]
) -> tuple[list[Problem], list[Problem]]:
    """Mistakes, and warnings: a secret that is not here may well be where gordon relay runs."""
    problems: list[Problem] = []
    warnings: list[Problem] = []
    for index, webhook in placed:
        line = line_of(lines, (index, "url"))
        problems += [Problem(WEBHOOKS, line, f"{webhook.id}: url: {text}", fix) for text, fix in _wrong(webhook.url)]
        if webhook.url.lower().startswith("http:"):
            text = f"{webhook.id}: url: what is posted over http can be read on the way"
            warnings.append(Problem(WEBHOOKS, line, text, "use https"))
        found = keys_of(webhook, folder, environ)
        for rows, into in ((found.wrong, problems), (found.missing, warnings)):
            for at, text, remedy in rows:
                into.append(Problem(WEBHOOKS, line_of(lines, (index, "secrets", at)), text, remedy))
    return problems, warnings


def _wrong(url: str) -> Iterator[tuple[str, str]]:
    found = target(url)
    if isinstance(found, str):
        yield redact(found), "write an address such as https://tool.example/gordon"
    elif found.username or found.password:
        yield "a user or password stands in it", "take it out; requests are signed instead"


def ready_hooks(desk: Desk, environ: Mapping[str, str]) -> tuple[Hook, ...]:
    """The webhooks of the desk with their keys. Raises DeskInvalid for every secret that is not here: whoever posts
    needs them all."""
    lines = dict(desk.lines.get(WEBHOOKS, {}))
    hooks: list[Hook] = []
    problems: list[Problem] = []
    for index, webhook in enumerate(desk.webhooks):
        found = keys_of(webhook, desk.folder, environ)
        hide(b64encode(key.get_secret_value()).decode() for key in found.keys)
        hooks.append(Hook(webhook, found.keys))
        for at, text, remedy in (*found.wrong, *found.missing):
            problems.append(Problem(WEBHOOKS, line_of(lines, (index, "secrets", at)), text, remedy))
    if problems:
        raise DeskInvalid(problems)
    return tuple(hooks)
