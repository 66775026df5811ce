"""Settings: gordon.toml under the environment (GORDON_HTTP__DEADLINE=10s), read once, frozen, handed down.

Each setting has its line in docs/settings.md; a test compares the two.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr

from gordon.desk.model import Model
from gordon.desk.units import Octets, Seconds
from gordon.desk.validate import build
from gordon.desk.yaml_lines import Lines
from gordon.errors import Problem
from gordon.secret_settings import Place, file_place, fill, open_to_all

FILE = "gordon.toml"
PREFIX = "GORDON_"
DISCIPLINES = ("policy", "communications", "advocacy", "media-relations", "web-communications")
_OTHER_VARIABLES = frozenset({"GORDON_DESK", "GORDON_LANGUAGE"})
# What Kubernetes sets in every container beside a service called gordon or gordon-something.
_SERVICE_LINK = re.compile(
    r"_SERVICE_HOST$|_SERVICE_PORT(_|$)|(?<!METRICS_)(?<!DEMO_)_PORT(_\d+_(TCP|UDP|SCTP)\w*)?$|^GORDON_PORT$"
)


class Http(Model):
    """The outbound client."""

    contact: str = ""
    allow_networks: tuple[str, ...] = ()
    allow_ports: tuple[int, ...] = ()
    deadline: Seconds = 30.0
    connect_timeout: Seconds = 10.0
    max_body: Octets = 10 * 1024**2
    max_redirects: int = 5
    robots: bool = True


class Poll(Model):
    """How often and how politely feeds are polled. ``quiet_factor``: how many least intervals a feed that rarely has
    something new waits at most, unless it asks for more; ``catch_up``: over how long feeds are spread that fell due
    while nobody polled; ``lease``: after how long the feeds of a daemon that died are polled by another."""

    least_interval: Seconds = 900.0
    most_interval: Seconds = 86400.0
    host_delay: Seconds = 5.0
    host_concurrency: int = Field(default=1, ge=1)
    concurrency: int = Field(default=50, ge=1)
    jitter: float = Field(default=0.1, ge=0, le=0.5)
    quiet_factor: float = Field(default=4.0, ge=1)
    catch_up: Seconds = 300.0
    lease: Seconds = 30.0


class Parse(Model):
    """The guarded parser process."""

    workers: int = Field(default=1, ge=1)
    cpu: Seconds = 5.0
    deadline: Seconds = 15.0
    memory: Octets = 1024**3
    max_entries: int = Field(default=500, ge=1)
    max_text: int = Field(default=100_000, ge=1000)
    html: bool = False
    accept_expat: str = Field(default="", pattern=r"^(\d+\.\d+\.\d+)?$")


class Review(Model):
    """The flood guard: a poll that brings more than ``flood_entries`` new entries, which are more than ``flood_share``
    of the feed, is held for review."""

    flood_entries: int = Field(default=50, ge=1)
    flood_share: float = Field(default=0.8, ge=0, le=1)


class WebSub(Model):
    """Push: with the public address of ``listen`` in ``callback``, hubs are asked to tell what is new.
    ``least_interval``: between two polls that hubs cause; ``slow``: how much slower a feed is polled meanwhile."""

    callback: str = ""
    listen: str = "127.0.0.1"
    port: int = Field(default=9480, ge=0, le=65535)
    lease: Seconds = 7 * 86400.0
    least_interval: Seconds = 60.0
    slow: float = Field(default=4.0, ge=1)


class Privacy(Model):
    """What of a person is kept."""

    authors: bool = False


class Worker(Model):
    """The worker loop and the processes of ``gordon up``."""

    classify: int = Field(default=1, ge=1)
    backoff_least: Seconds = 0.5
    backoff_most: Seconds = 20.0
    drain: Seconds = 15.0
    backpressure: int = Field(default=100_000, ge=1)


class Route(Model):
    """What route does without being told. ``tick``: how often it looks at the clocks; an issue without a mention for
    ``dormant_after`` is dormant until the next; ``remember``: mentions that grouping keeps in memory."""

    tick: Seconds = Field(default=5.0, gt=0)
    dormant_after: Seconds = Field(default=7 * 86400.0, gt=0)
    remember: int = Field(default=120_000, ge=1_000)


class Retention(Model):
    """How long the database keeps what only redelivery and diagnosis need. Mentions, issues, items and dead letters
    are kept for ever. ``inbox`` must outlive the bus's own retention and the longest outage; so must ``deliveries``,
    what webhooks got. ``log`` is the retention of the embedded log; Kafka has its own."""

    outbox: Seconds = 7 * 86400.0
    inbox: Seconds = 90 * 86400.0
    polls: Seconds = 90 * 86400.0
    deliveries: Seconds = 30 * 86400.0
    log: Seconds = 30 * 86400.0


class Metrics(Model):
    """The listener of each daemon: /metrics, /health/live and /health/ready.
    ``port``: ingest has it, classify the next, route the one after; 0 picks free ones."""

    listen: str = "127.0.0.1"
    port: int = Field(default=9470, ge=0, le=65530)


class Kafka(Model):
    """What the Kafka bus needs beyond the address in ``bus``."""

    partitions: int = Field(default=6, ge=1)
    replication: int = -1
    retention: Seconds = 30 * 86400.0
    session_timeout: Seconds = 10.0
    request_timeout: Seconds = 5.0
    delivery_timeout: Seconds = 10.0
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI"] | None = None
    sasl_username: str = ""
    sasl_password: SecretStr = SecretStr("")
    sasl_password_file: str = ""
    ssl_cafile: str = ""
    ssl_certfile: str = ""
    ssl_keyfile: str = ""
    ssl_password: SecretStr = SecretStr("")
    ssl_password_file: str = ""


class Demo(Model):
    """Blogs that ``gordon up`` serves on loopback itself, to show and to train. ``pace``: seconds of real time
    for a minute of the script."""

    blogs: str
    port: int = Field(default=8470, ge=1, le=65535)
    pace: Seconds = 10.0


class Log(Model):
    """The log on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text"] = "json"


class Settings(Model):
    """All of gordon.toml. ``bus`` and ``database`` default to files in ``data``. Each secret may stand in a file of its
    own instead, named by the setting that ends in ``_file``; ``read_settings`` puts it where it belongs."""

    data: str = "data"
    bus: str = ""
    database: SecretStr = SecretStr("")
    database_file: str = ""
    topic_prefix: str = Field(default="gordon.", pattern=r"^[A-Za-z0-9._-]*$")
    disciplines: tuple[str, ...] = DISCIPLINES
    time_zone: str = "America/Toronto"
    http: Http = Http()
    poll: Poll = Poll()
    parse: Parse = Parse()
    review: Review = Review()
    websub: WebSub = WebSub()
    privacy: Privacy = Privacy()
    worker: Worker = Worker()
    route: Route = Route()
    retention: Retention = Retention()
    metrics: Metrics = Metrics()
    kafka: Kafka = Kafka()
    demo: Demo | None = None
    log: Log = Log()

    def data_folder(self, desk: Path) -> Path:
        """Where the embedded log and database live: ``data``, relative to the desk."""
        return (desk / self.data).resolve()

    def bus_url(self, desk: Path) -> str:
        """The bus address with every relative path made absolute."""
        return _absolute(self.bus, desk) or f"sqlite:///{self.data_folder(desk) / 'log.db'}"

    def database_url(self, desk: Path) -> str:
        """The database address with every relative path made absolute. May hold a password: never log it."""
        return _absolute(self.database.get_secret_value(), desk) or f"sqlite:///{self.data_folder(desk) / 'gordon.db'}"


def _absolute(url: str, desk: Path) -> str:
    scheme, sep, path = url.partition(":///")
    if not sep or not scheme.startswith("sqlite") or path.startswith("/"):
        return url
    return f"{scheme}:///{(desk / path).resolve()}"


def read_settings(desk: Path, environ: Mapping[str, str]) -> tuple[Settings, list[Problem]]:
    """The settings of a desk, and every mistake in file and environment; defaults stand in for what is wrong."""
    data, lines, problems = _read_toml(desk / FILE)
    problems += open_to_all(Settings, data, lines, desk / FILE)
    sources = _overlay(data, lines, environ)
    settings, mistakes = build(Settings, data, FILE, lines)
    named = [_from_environment(problem, sources) for problem in mistakes]
    filled, wrong = fill(settings or Settings(), desk, lambda place: _where(place, lines, environ))
    return filled, problems + named + wrong


def _read_toml(path: Path) -> tuple[dict[str, Any], Lines, list[Problem]]:
    if not path.exists():
        return {}, {}, []
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text), _toml_lines(text), []
    except (OSError, UnicodeDecodeError) as error:
        return {}, {}, [Problem(FILE, 0, f"cannot be read: {error}", "check permissions; save it as UTF-8")]
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        return {}, {}, [Problem(FILE, int(found[1]) if found else 0, f"not readable as TOML: {error}", "quote text")]


def _toml_lines(text: str) -> Lines:
    """Where each table and key stands; good enough for the plain tables that gordon.toml consists of."""
    lines: Lines = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line):
            table = tuple(part.strip().strip('"') for part in header[1].split("."))
            lines.setdefault(table, number)
        elif key := re.match(r'\s*"?([A-Za-z0-9_.-]+)"?\s*=', line):
            lines.setdefault((*table, *key[1].split(".")), number)
    return lines


def _overlay(data: dict[str, Any], lines: Lines, environ: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Lays GORDON_A__B=value over ``data["a"]["b"]``; lists are comma-separated. Returns what came from where."""
    sources: dict[tuple[str, ...], str] = {}
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable in _OTHER_VARIABLES or _SERVICE_LINK.search(variable):
            continue
        path = tuple(part.lower() for part in variable.removeprefix(PREFIX).split("__"))
        if not _is_setting(path):
            sources[path] = variable
        target = data
        for part in path[:-1]:
            below = target.get(part)
            target[part] = below if isinstance(below, dict) else {}
            target = target[part]
        target[path[-1]] = _as_value(path, environ[variable])
        sources[path] = variable
        lines[path] = 0
    return sources


def _field(path: tuple[str, ...]) -> Any:
    """The annotation of the setting at ``path``, or None."""
    current: Any = Settings
    for part in path:
        fields = getattr(current, "model_fields", {})
        if part not in fields:
            return None
        current = Demo if part == "demo" else fields[part].annotation
    return current


def _is_setting(path: tuple[str, ...]) -> bool:
    return _field(path) is not None


def _as_value(path: tuple[str, ...], text: str) -> Any:
    if str(_field(path)).startswith("tuple"):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _from_environment(problem: Problem, sources: Mapping[tuple[str, ...], str]) -> Problem:
    """Names the variable instead of the file where the value came from the environment."""
    for path, variable in sources.items():
        dotted = re.escape(".".join(path))
        if problem.line == 0 and re.search(rf"(^|\s){dotted}(\.\d+)?(:|\s|$)", problem.message):
            return Problem(f"environment variable {variable}", 0, problem.message, problem.remedy)
    return problem


def where_set(desk: Path, environ: Mapping[str, str], path: Place) -> tuple[str, int]:
    """The variable, or file and line, that a setting has its value from; line 0 where it is a default."""
    _, lines, _ = _read_toml(desk / FILE)
    for place in (path, file_place(path)):
        found = _where(place, lines, environ)
        if found != (FILE, 0):
            return found
    return FILE, 0


def _where(path: Place, lines: Lines, environ: Mapping[str, str]) -> tuple[str, int]:
    variable = PREFIX + "__".join(path).upper()
    return (f"environment variable {variable}", 0) if variable in environ else (FILE, lines.get(path, 0))
