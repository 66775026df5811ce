"""Secrets: reading the files that hold one, and keeping those that this process knows out of whatever it says.

What is hidden is known to the process as a whole, as the log is: a traceback may come from anywhere in it.
"""

from __future__ import annotations

import json
import sys
import threading
import traceback
from collections.abc import Iterable
from pathlib import Path
from stat import S_IROTH
from types import TracebackType
from urllib.parse import quote, quote_plus

from gordon.errors import DeskInvalid, Problem
from gordon.hosts import redact

MOST = 64 * 1024
"""Bytes of a file with one secret."""
LEAST_HIDDEN = 6
"""Characters of a secret that is searched for: a shorter one would blot out words that are none."""
HIDDEN = "***"


class Veil:
    """The secrets that are replaced by ``***``, in each form in which a message may quote them."""

    def __init__(self) -> None:
        self._words: tuple[str, ...] = ()

    def hide(self, values: Iterable[str]) -> None:
        """From now on these are replaced; those that are too short to be told from words are not."""
        words = {form for value in values if len(value) >= LEAST_HIDDEN for form in _forms(value)}
        # The longest first: one secret may hold another. A new tuple, as threads may be reading the old one.
        self._words = tuple(sorted(words.union(self._words), key=len, reverse=True))

    def over(self, text: str) -> str:
        """The text without them."""
        for word in self._words:
            if word in text:
                text = text.replace(word, HIDDEN)
        return text


_PROCESS = Veil()
hide = _PROCESS.hide
veiled = _PROCESS.over


def _forms(value: str) -> Iterable[str]:
    """As it is, as in an address, and as JSON and Python quote it."""
    quoted = json.dumps(value)[1:-1]
    return {
        value,
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        quoted,
        repr(value)[1:-1],
        ascii(value)[1:-1],
    }


def veil_tracebacks() -> None:
    """Errors that nobody catches end on standard error like everything else: without secrets."""

    def show(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        lines = traceback.format_exception(kind, error, trace)
        sys.stderr.write(veiled(redact("".join(lines), f"{HIDDEN}@")))

    sys.excepthook = show
    threading.excepthook = lambda args: show(args.exc_type, args.exc_value, args.exc_traceback)


def exposed(mode: int) -> bool:
    """Whether everybody on the machine may read a file of this mode. Its group may: mounted secrets rely on that."""
    return bool(mode & S_IROTH)


def exposure(path: Path, shown: str) -> Problem | None:
    """What is wrong with the mode of a file that holds a secret. ``shown``: how messages call it."""
    if not exposed(path.stat().st_mode):
        return None
    return Problem(shown, 0, "holds a secret, and everybody may read it", f"change the secret, and: chmod o-r {path}")


def read_secret(path: Path, shown: str) -> str:
    """The secret that a file holds, without the end of its line. Raises DeskInvalid where there is none, where it may
    not be read, or where everybody may read it."""
    try:
        with path.open("rb") as file:
            problem = exposure(path, shown)
            raw = file.read(MOST + 1)
    except FileNotFoundError:
        raise _wrong(shown, f"there is no file {path}", "put the secret there, or name the right file") from None
    except OSError as error:
        remedy = "it must be a file that the user of this process may read"
        raise _wrong(shown, f"{path} cannot be read: {error.strerror}", remedy) from error
    if problem:
        raise DeskInvalid([problem])
    return _text(raw, path, shown)


def _text(raw: bytes, path: Path, shown: str) -> str:
    try:
        text = raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        # Not chained: the error holds what was read.
        raise _wrong(shown, f"{path} is not plain text", "save it as UTF-8") from None
    if len(raw) > MOST or "\n" in text or "\0" in text:
        raise _wrong(shown, f"{path} holds more than one line", "leave nothing but the secret in it")
    if not text:
        raise _wrong(shown, f"{path} is empty", "put the secret there")
    return text


def _wrong(shown: str, message: str, remedy: str) -> DeskInvalid:
    return DeskInvalid([Problem(shown, 0, message, remedy)])
