"""Every error Gordon raises on purpose. Foreign errors are wrapped once, at the edge where they arise.

    GordonError
    ├── DeskInvalid         the desk or a setting is wrong          exit 78
    ├── DatabaseUnfit       the database cannot be used as it is    exit 78
    ├── NotFound            a named thing does not exist            exit 1
    ├── Conflict            somebody else was first, or is needed   exit 1
    ├── Transient           worth trying again; never dead-letters
    │   ├── BusUnavailable
    │   └── StoreUnavailable
    └── Permanent           trying again cannot help; dead-letters at once
        ├── Undecodable
        └── NewerMajor      an event of a later Gordon: parked, replayed after the upgrade

``reason`` is a short, bounded word: it becomes a metric label and the reason of a dead letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class GordonError(Exception):
    """Root of the tree. ``exit_code`` is what the command line ends with."""

    exit_code = 1


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a desk: where it is (``line`` counts from 1; 0 = the whole file), what, and the remedy."""

    file: str
    line: int
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.message}" + (f" ({self.remedy})" if self.remedy else "")


class DeskInvalid(GordonError):
    """The desk holds mistakes; all of them are in ``problems``, sorted by file and line."""

    exit_code = 78

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DatabaseUnfit(GordonError):
    """The database is of a newer Gordon, damaged, or not reachable at start; the text holds the remedy."""

    exit_code = 78


class NotFound(GordonError):
    """There is no ``kind`` called ``name``."""

    def __init__(self, kind: str, name: str, hint: str = "") -> None:
        self.kind, self.name = kind, name
        super().__init__(f"no {kind} {name!r}" + (f"; {hint}" if hint else ""))


class Conflict(GordonError):
    """It cannot be done as things stand: somebody else holds it, or did it, or has to."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message + (f"; {remedy}" if remedy else ""))


class Transient(GordonError):
    """Something is away for now. The worker loop waits and tries again, for ever."""

    reason = "transient"


class BusUnavailable(Transient):
    """The broker or the embedded log does not answer in time."""

    reason = "bus-unavailable"


class StoreUnavailable(Transient):
    """The database does not answer, is locked, is full, or dropped the transaction."""

    reason = "store-unavailable"


class Permanent(GordonError):
    """This event can never be handled as it is. The worker loop dead-letters it."""

    reason = "permanent"


class Undecodable(Permanent):
    """The bytes are not an event of any known type."""

    reason = "undecodable"


class NewerMajor(Permanent):
    """An event type of a later major version; kept in the dead letters until Gordon is upgraded."""

    reason = "newer-major"
