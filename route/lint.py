"""What is probably not meant so in queues, routes and silences, but works: warnings of ``gordon check``. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any
from zoneinfo import ZoneInfo

from gordon.desk.routing import Silence
from gordon.desk.schema import PolicyFile, QueuesFile, Route
from gordon.desk.validate import line_of
from gordon.desk.yaml_lines import Lines, Path
from gordon.errors import Problem
from route.conditions import PRIORITIES
from route.rules import QUEUES
from route.silences import SILENCES

Found = Iterator[tuple[Path, str, str]]
_WILD = frozenset("*?[")


def lint_routes(config: QueuesFile, files: Sequence[PolicyFile], lines: Lines) -> list[Problem]:
    """Routes that are never reached or never match, queues that nothing leads to, chains that no clock starts. The
    desk must be without problems. It says nothing where it is not sure."""
    found = [*_covered(config), *_fruitless(config, files), *_unreached(config), *_silent_chains(config)]
    return [Problem(QUEUES, line_of(lines, path), message, remedy) for path, message, remedy in found]


def lint_silences(
    placed: Sequence[tuple[int, Silence]], files: Sequence[PolicyFile], zone: str, lines: Lines, now: datetime
) -> list[Problem]:
    """Silences that are over, and such as keep everything back."""
    problems: list[Problem] = []
    for index, silence in placed:
        end = silence.span(ZoneInfo(zone))[1]
        if end <= now:
            text = f"silence {silence.id} is over since {end:%Y-%m-%d %H:%M}Z"
            problems.append(Problem(SILENCES, line_of(lines, (index, "to")), text, "take it out"))
        elif silence.when.keys() == {"file"} and len(files) > 1 and _all_fit(silence.when["file"], files):
            text = f"silence {silence.id} keeps every file back"
            problems.append(
                Problem(SILENCES, line_of(lines, (index, "when")), text, "narrow it, unless it is meant so")
            )
    return problems


def _all_fit(value: Any, files: Iterable[PolicyFile]) -> bool:
    return all(any(fnmatchcase(entry.file, one) for one in _listed(value)) for entry in files)


def _covered(config: QueuesFile) -> Found:
    """Routes all of whose mentions an earlier one has taken."""
    for index, route in enumerate(config.routes):
        for number, earlier in enumerate(config.routes[:index]):
            same_time = "time" not in earlier.when or _zone(config, route) == _zone(config, earlier)
            if earlier.when and not earlier.go_on and same_time and implies(route.when, earlier.when):
                text = f"route {index + 1} is never reached: route {number + 1} takes all its mentions"
                yield ("routes", index), text, f"put it before route {number + 1}, or take it out"
                break


def _zone(config: QueuesFile, route: Route) -> str:
    """In whose time a route without a zone is read; "": the desk's."""
    hours = config.queues[route.queue].hours
    return hours.tz if hours else ""


def _fruitless(config: QueuesFile, files: Sequence[PolicyFile]) -> Found:
    """Patterns that fit no file."""
    for index, route in enumerate(config.routes):
        for word in _listed(route.when.get("file", [])):
            if _WILD & set(word) and not any(fnmatchcase(entry.file, word) for entry in files):
                yield (
                    ("routes", index, "when", "file"),
                    f"route {index + 1}: no file fits {word!r}",
                    "check the pattern",
                )


def _unreached(config: QueuesFile) -> Found:
    reached = {route.queue for route in config.routes}
    todo = list(reached)
    while todo:
        following = config.queues[todo.pop()].escalate
        if following and following not in reached:
            reached.add(following)
            todo.append(following)
    for name in config.queues:
        if name not in reached:
            yield ("queues", name), f"queue {name}: no route and no escalation leads to it", "add a route, or remove it"


def _silent_chains(config: QueuesFile) -> Found:
    for name, queue in config.queues.items():
        clocks, by_clocks = queue.clocks, queue.escalate_on == ("breach",)
        if queue.escalate and by_clocks and clocks.acknowledge is clocks.draft is clocks.approve is None:
            text = f"queue {name} escalates to {queue.escalate}, but has no clock that could run out"
            remedy = "give it clocks, such as {acknowledge: 30m}, or escalate_on: [gap]"
            yield ("queues", name, "escalate"), text, remedy


def implies(narrow: Mapping[str, Any], wide: Mapping[str, Any]) -> bool:
    """Whether every mention for which ``narrow`` holds is certainly one for which ``wide`` holds."""
    return all(name in narrow and _within(name, narrow[name], value) for name, value in wide.items())


def _within(name: str, narrow: Any, wide: Any) -> bool:
    return narrow == wide or _INCLUDED.get(name, _equal)(narrow, wide)


def _equal(narrow: Any, wide: Any) -> bool:
    return bool(narrow == wide)


def _patterns(narrow: Any, wide: Any) -> bool:
    """Each is one of the others, or fits a pattern of them that knows no sign but ``*``."""
    plain = [one for one in _listed(wide) if not set(one) & {"?", "["}]
    return all(one in _listed(wide) or any(fnmatchcase(one, two) for two in plain) for one in _listed(narrow))


def _words(narrow: Any, wide: Any) -> bool:
    return set(_listed(narrow)) <= set(_listed(wide))


def _claims(narrow: Any, wide: Any) -> bool:
    if isinstance(narrow, bool):
        return False
    return wide is True or (wide is not False and _words(narrow, wide))


def _limits(narrow: Any, wide: Any) -> bool:
    (low, high), (least, most) = _ends(narrow), _ends(wide)
    return bool(least <= low and high <= most)


def _ends(value: Any) -> tuple[float, float]:
    if isinstance(value, Mapping):
        return value.get("min", float("-inf")), value.get("max", float("inf"))
    return value, float("inf")


def _priorities(narrow: Any, wide: Any) -> bool:
    return _ranks(narrow) <= _ranks(wide)


def _ranks(value: Any) -> set[str]:
    ranks: tuple[str, ...] = PRIORITIES
    if isinstance(value, Mapping):
        return set(ranks[ranks.index(value.get("min", "low")) : ranks.index(value.get("max", "urgent")) + 1])
    return set(_listed(value))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


_INCLUDED: dict[str, Callable[[Any, Any], bool]] = {
    "claim": _claims,
    "file": _patterns,
    "source": _patterns,
    "site": _words,
    "language": _words,
    "kind": _words,
    "gap": _words,
    "score": _limits,
    "mentions": _limits,
    "revision": _limits,
    "priority": _priorities,
}
