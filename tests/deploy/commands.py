"""What a deployment tells Gordon, against Gordon itself: its commands, its variables, its ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import typer
from typer.main import get_command

from gordon.app.daemon import PORT_OFFSET
from gordon.cli import app
from gordon.settings import Settings, read_settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UID = 10001


def is_command(words: Sequence[str]) -> bool:
    """Whether these are words of a command line that Gordon takes, as far as the names of commands go."""
    found = get_command(app)
    for word in words:
        if word.startswith("-"):
            break
        below = getattr(found, "commands", None)
        if below is None:
            break
        if word not in below:
            return False
        found = below[word]
    return not isinstance(found, typer.core.TyperGroup)


def port(stage: str) -> int:
    """Where the daemon of a stage listens."""
    return Settings().metrics.port + PORT_OFFSET[stage]


def wrong(environ: Mapping[str, str], folder: Path) -> list[str]:
    """What Gordon says against the variables, where every file with a secret is there."""
    given = dict(environ)
    for variable, value in environ.items():
        if variable.endswith("_FILE"):
            secret = folder / value.rpartition("/")[2]
            is_address = variable == "GORDON_DATABASE_FILE"
            secret.write_text("postgresql+psycopg://gordon:long-enough@db/gordon" if is_address else "long-enough")
            secret.chmod(0o600)
            given[variable] = str(secret)
    return [str(problem) for problem in read_settings(folder, given)[1]]
