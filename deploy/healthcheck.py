"""Asks the daemons of this container how they are: `healthcheck.py live` or `ready`. Exit 0: all of them are well.

Each daemon notes the address of its listener in the data folder. Nothing but Python is needed.
"""

import http.client
import os
import sys
from pathlib import Path

SECONDS = 8


def answer(address: str, what: str) -> tuple[bool, str]:
    """Whether the daemon is well, and what it says."""
    host, _, port = address.strip().rpartition(":")
    # A daemon that listens everywhere is asked on loopback.
    connection = http.client.HTTPConnection(
        {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), int(port), timeout=SECONDS
    )
    try:
        connection.request("GET", f"/health/{what}")
        reply = connection.getresponse()
        return reply.status == 200, reply.read(1000).decode(errors="replace")
    except OSError as error:
        return False, str(error)
    finally:
        connection.close()


def main() -> int:
    """The exit code."""
    what = sys.argv[1] if len(sys.argv) > 1 else "live"
    notes = sorted(Path(os.environ.get("GORDON_DATA", "/var/lib/gordon")).glob("*.metrics"))
    well = bool(notes)
    for note in notes:
        fine, said = answer(note.read_text(), what)
        print(f"{note.stem}: {said}")
        well = well and fine
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
