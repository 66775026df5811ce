"""The classify daemon: mentions in, tagged mentions out. No database."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from classify.matchers.spacy_runtime import Pipelines
from classify.stage import Classify
from gordon.app.connect import connect_bus, stage_bus
from gordon.app.daemon import Daemon, Reloader
from gordon.app.folder_watch import FolderWatch
from gordon.app.loop import Current, work
from gordon.app.policy import Policy, checked, make_tagger, read_policy
from gordon.events import Topics


def run_classify(folder: Path, environ: Mapping[str, str], *, metrics_port: int | None) -> None:
    """Runs until SIGTERM. Raises DeskInvalid before the first event where the desk is wrong."""
    watch = FolderWatch(folder, time.monotonic)
    policy = read_policy(folder, environ)
    settings, pipelines = policy.desk.settings, Pipelines()
    topics = Topics(settings.topic_prefix)

    def stage(policy: Policy) -> Classify:
        tagger = make_tagger(policy.desk, pipelines)
        tagger.engine.warm()
        return Classify(tagger=tagger, policy_version=policy.desk.version, topics=topics)

    current = Current(stage(policy))
    with Daemon("classify", folder, settings, environ, metrics_port=metrics_port) as daemon:

        def use(policy: Policy) -> None:
            current.stage = stage(policy)

        reload = Reloader(daemon, watch, lambda: checked(folder, environ, daemon.health.beat), use)
        bus = daemon.obtain("bus", lambda: stage_bus(settings, folder))
        if bus:
            work(daemon, current, bus, lambda: connect_bus(settings, folder), chores=[reload])
            bus.close()
