"""A real browser without a window: loads one page of loopback and says what became of it.

Nothing but loopback can be reached from it, whatever a page asks for.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.servers.missing import Missing
from tests.servers.ports import with_parent

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
    *("--no-proxy-server", "--autoplay-policy=no-user-gesture-required", "--disable-popup-blocking"),
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
DEADLINE = 90.0


@dataclass(frozen=True, slots=True)
class Chromium:
    """``program``: where it is; ``folder``: its profile, gone with the tests."""

    program: str
    folder: str

    def dom(self, url: str, *, budget: int = 3000) -> str:
        """The document as it is when ``budget`` milliseconds of the page's own time are over."""
        command = [self.program, *OPTIONS, f"--user-data-dir={self.folder}", f"--virtual-time-budget={budget}"]
        done = subprocess.run(
            with_parent([*command, "--dump-dom", url], "KILL"), capture_output=True, timeout=DEADLINE, check=True
        )
        return done.stdout.decode("utf-8", "replace")


@contextmanager
def chromium() -> Iterator[Chromium]:
    """The browser of this machine, with an empty profile. Raises Missing where there is none."""
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    if program is None:
        raise Missing("no Chromium; tests in a real browser need one: apt-get install chromium")
    with tempfile.TemporaryDirectory(prefix="gordon-chromium-", ignore_cleanup_errors=True) as folder:
        yield Chromium(program, folder)
