"""Servers as child processes: free ports on loopback, waiting until one listens, and dying with the tests."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time


def free_ports(count: int) -> list[int]:
    """Distinct ports that nobody listens on just now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether ``port`` answers before ``seconds`` are over or the process is gone."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False


def with_parent(command: list[str], signal: str) -> list[str]:
    """The command, made to get ``signal`` when the tests are killed; where Linux's setpriv is missing, as it was."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", signal, *command] if setpriv else command
