"""A daemon under chaos: ``gordon`` as it is, composed with another wall clock and a word that kills its reader.

    python -m tests.chaos.hosted CLOCK ARGUMENTS...

CLOCK is a file with the seconds by which the daemon's wall clock is wrong. The clock is the composition root's, which
hands it to all others; the killer stands where a fault of a library would kill the worker: in the handling of a
mention. No code of Gordon knows of either.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from tests.chaos.press import KILLER


def stepped(now: Callable[[], datetime], path: Path) -> Callable[[], datetime]:
    """``now``, wrong by the seconds that the file says at that moment."""

    def wrong() -> datetime:
        try:
            seconds = float(path.read_text())
        except (OSError, ValueError):  # no file, or just being written: the clock is right
            seconds = 0.0
        return now() + timedelta(seconds=seconds)

    return wrong


def host(clock: Path, arguments: Sequence[str]) -> None:
    """Composes and runs; does not return."""
    from gordon.app import daemon

    daemon.utc_now = stepped(daemon.utc_now, clock)
    if arguments[0] == "classify":
        _arm()
    from gordon.cli import main

    sys.argv = ["gordon", *arguments]
    main()


def _arm() -> None:
    """Whoever tags a mention with the word dies of it."""
    from classify.tagger import Tagger, Tags
    from gordon.events import Mention

    tag = Tagger.tag

    def deadly(self: Tagger, mention: Mention) -> Tags:
        if KILLER in mention.text:
            os.kill(os.getpid(), signal.SIGKILL)
        return tag(self, mention)

    Tagger.tag = deadly  # type: ignore[method-assign]  # the point of it


if __name__ == "__main__":
    host(Path(sys.argv[1]), sys.argv[2:])
