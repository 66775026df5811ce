"""The small, working, commented desk that ``gordon init DIR`` writes; its files lie in ``desk`` beside this one."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from gordon.errors import GordonError


class InTheWay(GordonError):
    """Something is where the starter desk would be written; ``paths`` names it. Nothing was written."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = tuple(paths)
        names = ", ".join(str(path) for path in paths)
        super().__init__(f"not written, as this is in the way: {names} (name another folder, or move it aside)")


def write_starter(target: Path) -> list[Path]:
    """Writes the desk and returns its files in order; ``target`` is made if missing.

    Overwrites nothing: raises InTheWay before the first file where one is there already, GordonError where the folder
    cannot be written.
    """
    wanted = {target / name: text for name, text in sorted(_contents())}
    blocked = [path for path in (target, target / "files") if path.exists() and not path.is_dir()]
    blocked = blocked or [path for path in wanted if path.exists() or path.is_symlink()]
    if blocked:
        raise InTheWay(blocked)
    try:
        for path, text in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        raise GordonError(f"cannot write {error.filename or target}: {error.strerror} (check permissions)") from error
    return list(wanted)


def _contents() -> Iterator[tuple[str, str]]:
    """Path within the desk, and text, of each file."""
    desk = files(__name__) / "desk"
    for entry in desk.iterdir():
        yield from _below(entry, entry.name)


def _below(entry: Traversable, name: str) -> Iterator[tuple[str, str]]:
    if not entry.is_dir():
        yield name, entry.read_text(encoding="utf-8")
        return
    for inner in entry.iterdir():
        yield from _below(inner, f"{name}/{inner.name}")
