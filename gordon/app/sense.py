"""Settings that are well-formed, but make no sense: found by check, not only when a daemon starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from gordon.errors import Problem
from gordon.hosts import is_loopback
from gordon.settings import Settings, where_set
from ingest.guard import guard
from ingest.websub import callback_problem

Place: TypeAlias = tuple[str, ...]


def sense_problems(settings: Settings, folder: Path, environ: Mapping[str, str]) -> list[Problem]:
    """Every such setting, with the place where it was set."""
    found = []
    for path, message, remedy in _wrong(settings):
        file, line = where_set(folder, environ, path)
        found.append(Problem(file, line, f"{'.'.join(path)}: {message}", remedy))
    return found


def sense_warnings(settings: Settings, folder: Path, environ: Mapping[str, str]) -> list[Problem]:
    """What is allowed, but wants care."""
    if is_loopback(settings.metrics.listen):
        return []
    file, line = where_set(folder, environ, ("metrics", "listen"))
    text = f"metrics.listen: {settings.metrics.listen} can be reached from other machines"
    return [Problem(file, line, text, "let a firewall or network policy admit nobody but Prometheus and probes")]


def _wrong(settings: Settings) -> Iterator[tuple[Place, str, str]]:
    for network in settings.http.allow_networks:
        try:
            guard((network,), ())
        except ValueError as error:
            yield ("http", "allow_networks"), str(error), 'write networks such as "10.20.0.0/16"'
    for port in settings.http.allow_ports:
        if not 0 < port < 65536:
            yield ("http", "allow_ports"), f"{port} is not a port", "write numbers from 1 to 65535"
    poll = settings.poll
    if poll.most_interval < poll.least_interval:
        message = f"{poll.most_interval:g} s is less than poll.least_interval, {poll.least_interval:g} s"
        yield ("poll", "most_interval"), message, "write at least as much as poll.least_interval"
    if settings.websub.callback and (message := callback_problem(settings.websub.callback)):
        remedy = "write the public address that leads to websub.listen and websub.port: https://gordon.example/hub"
        yield ("websub", "callback"), message, remedy
