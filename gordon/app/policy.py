"""A desk made ready for work: read, checked by the stages that know better, and compiled. All or nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from classify.compile import compile_engine, places
from classify.engine import Engine
from classify.lint import lint
from classify.lint_claims import lint_claims
from classify.matchers.spacy_runtime import Pipelines
from classify.selftest import run_tests
from classify.tagger import Tagger
from gordon.app.connect import address_problems
from gordon.app.hooks import hook_problems
from gordon.app.learn import model_problems, model_use_problems, model_warnings, recogniser
from gordon.app.sense import sense_problems, sense_warnings
from gordon.demo.pages import wrong_ports
from gordon.desk.load import Desk, Draft, read_desk, require_folder
from gordon.desk.people_checks import people_warnings
from gordon.desk.webhooks import WEBHOOKS
from gordon.errors import DeskInvalid, Problem
from gordon.polling import Feed
from ingest.opml import read as read_opml
from route.calendar import holiday_problems
from route.feasible import impossible, impossible_problems
from route.lint import lint_routes, lint_silences
from route.rules import Tree, compile_routes
from route.selftest import run_route_tests
from route.silences import Silences, compile_silences

FEEDS = "feeds.opml"
CHECK_SECONDS = 120.0
ALIVE_EVERY = 0.5


@dataclass(frozen=True, slots=True)
class Policy:
    """A desk, its subscriptions, its routing tree and its silences."""

    desk: Desk
    feeds: tuple[Feed, ...]
    tree: Tree
    silences: Silences


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ``gordon check`` found. ``warnings``: what is probably not meant so, but works.

    ``always_run``: how many rules name no word that must occur, and so run on every mention.
    """

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    files: int
    rules: int
    always_run: int
    tests: int
    people: int
    queues: int
    feeds: int


def read_policy(folder: Path, environ: Mapping[str, str]) -> Policy:
    """The policy without the rules of the files; raises DeskInvalid with all mistakes of the desk but theirs."""
    draft, feeds, routing = _read(folder, environ)
    if draft.problems or routing is None:
        raise DeskInvalid(draft.problems)
    return Policy(desk=draft.desk(), feeds=feeds, tree=routing[0], silences=routing[1])


def _read(folder: Path, environ: Mapping[str, str]) -> tuple[Draft, tuple[Feed, ...], tuple[Tree, Silences] | None]:
    draft = read_desk(folder, environ)
    feeds, problems = read_opml(draft.folder / FEEDS)
    draft.problems += problems + _demo_problems(draft)
    draft.problems += address_problems(draft.settings, draft.folder, environ)
    draft.problems += sense_problems(draft.settings, draft.folder, environ)
    draft.problems += model_problems(draft)
    draft.problems += hook_problems(draft.webhooks, draft.lines.get(WEBHOOKS, {}), draft.folder, environ)[0]
    routing = _compile_routing(draft)
    placed = list(zip(draft.places, draft.people, strict=True))
    people_lines, queue_lines = draft.lines.get("people.yaml", {}), draft.lines.get("queues.yaml", {})
    draft.problems += holiday_problems(placed, draft.queues, people_lines, queue_lines)
    if routing is not None and not draft.problems and draft.queues is not None:
        zone = draft.settings.time_zone
        draft.problems += run_route_tests(draft.queues, routing[0], draft.files, draft.people, zone, queue_lines)
    return draft, tuple(feeds), routing


def _compile_routing(draft: Draft) -> tuple[Tree, Silences] | None:
    """Tree and silences, to be used only while there are no problems; None without queues."""
    zone = draft.settings.time_zone
    silences, problems = compile_silences(draft.silences, draft.lines.get("silences.yaml", {}), zone)
    draft.problems += problems
    if draft.queues is None:
        return None
    tree, problems = compile_routes(draft.queues, draft.lines.get("queues.yaml", {}), zone=zone, files=draft.files)
    draft.problems += problems
    return tree, silences


def _demo_problems(draft: Draft) -> list[Problem]:
    """Subscriptions to the demo's blogs that name another port than the one they are served at."""
    demo, path = draft.settings.demo, draft.folder / FEEDS
    if demo is None or not path.exists():
        return []
    return list(wrong_ports(path.read_text(encoding="utf-8", errors="replace"), demo.port))


def compile_files(desk: Desk, pipelines: Pipelines) -> Engine:
    """The engine of the desk's files; raises DeskInvalid with every rule that is wrong."""
    engine, problems = compile_engine(desk.files, places(desk.sources, desk.lines), pipelines)
    if engine is None:
        raise DeskInvalid(problems)
    return engine


def make_tagger(desk: Desk, pipelines: Pipelines) -> Tagger:
    """Rules and examples of the desk; raises DeskInvalid with every rule, or the model, that is wrong."""
    return Tagger(compile_files(desk, pipelines), recogniser(desk.learned, desk.files))


def check(
    folder: Path, environ: Mapping[str, str], detect: Callable[[str, str, str], str], *, now: datetime
) -> Verdict:
    """Everything that can be wrong with a desk, the tests of files and routes included. ``now``: by which things run
    out."""
    draft, feeds, _ = _read(folder, environ)
    place_of = places(draft.sources, draft.lines)
    engine, problems = compile_engine(draft.files, place_of, Pipelines())
    warnings: list[Problem] = _routing_warnings(draft, now)
    if engine is not None:
        problems = run_tests(engine, draft.files, place_of, detect) + model_use_problems(draft)
        warnings += lint(draft.files, engine, place_of) + model_warnings(draft, place_of)
        warnings += lint_claims(draft.files, engine.claim_index, place_of, now.astimezone(UTC).date())
    warnings += _people_warnings(draft, now) + sense_warnings(draft.settings, draft.folder, environ)
    warnings += hook_problems(draft.webhooks, draft.lines.get(WEBHOOKS, {}), draft.folder, environ)[1]
    return Verdict(
        problems=tuple(sorted({*draft.problems, *problems})),
        warnings=tuple(sorted(warnings)),
        always_run=len(engine.always_run) if engine else 0,
        files=len(draft.files),
        rules=sum(len(entry.rules) + len(entry.exclude) for entry in draft.files),
        tests=sum(len(entry.tests.must) + len(entry.tests.must_not) for entry in draft.files)
        + (len(draft.queues.tests) if draft.queues else 0),
        people=len(draft.people),
        queues=len(draft.queues.queues) if draft.queues else 0,
        feeds=len(feeds),
    )


def _people_warnings(draft: Draft, now: datetime) -> list[Problem]:
    """What of the people has run out or looks wrong; and what they could never do, if they are all readable."""
    placed = list(zip(draft.places, draft.people, strict=True))
    zone = ZoneInfo(draft.settings.time_zone)
    people_lines, queue_lines = draft.lines.get("people.yaml", {}), draft.lines.get("queues.yaml", {})
    warnings = people_warnings(placed, draft.queues, people_lines, now.astimezone(zone).date())
    if draft.queues and not draft.problems:
        warnings += impossible_problems(impossible(draft.people, draft.files, draft.queues, zone, now), queue_lines)
    return warnings


def _routing_warnings(draft: Draft, now: datetime) -> list[Problem]:
    """Those of queues, routes and silences; none while the desk has problems, which may be their cause."""
    if draft.queues is None or draft.problems:
        return []
    zone, lines = draft.settings.time_zone, draft.lines
    found = lint_routes(draft.queues, draft.files, lines.get("queues.yaml", {}))
    return found + lint_silences(draft.silences, draft.files, zone, lines.get("silences.yaml", {}), now)


def checked(folder: Path, environ: Mapping[str, str], alive: Callable[[], None] = lambda: None) -> Policy:
    """The policy after a full check in a process of its own, so that no daemon but classify ever loads the matchers.
    ``alive`` is called twice a second meanwhile.

    Raises DeskInvalid with everything that ``gordon check`` would print.
    """
    require_folder(folder)
    problems = _check_apart(folder, environ, alive)
    if problems:
        raise DeskInvalid(problems)
    return read_policy(folder, environ)


def _check_apart(folder: Path, environ: Mapping[str, str], alive: Callable[[], None]) -> Sequence[Problem]:
    command = [sys.executable, "-m", "gordon", "check", "--desk", str(folder), "--json"]
    try:
        found = json.loads(_output(command, environ, alive))["problems"]
    except (subprocess.TimeoutExpired, ValueError, KeyError, OSError) as error:
        return [Problem(str(folder), 0, f"the desk could not be checked: {error}", "run: gordon check")]
    return [Problem(entry["file"], entry["line"], entry["message"], entry["remedy"]) for entry in found]


def _output(command: Sequence[str], environ: Mapping[str, str], alive: Callable[[], None]) -> bytes:
    """What a command prints. Raises TimeoutExpired for one that takes too long, which is ended."""
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    until = time.monotonic() + CHECK_SECONDS
    with subprocess.Popen(command, env=dict(environ), stdin=nothing, stdout=pipe, stderr=nothing) as child:
        try:
            while True:
                alive()
                try:
                    return child.communicate(timeout=ALIVE_EVERY)[0]
                except subprocess.TimeoutExpired:
                    if time.monotonic() > until:
                        raise
        finally:
            child.kill()  # nothing happens to one that has ended
