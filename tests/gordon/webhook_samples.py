"""Events of queues, secrets and desks for the tests of webhooks."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from gordon.events import Change, Event
from tests.samples import ASSIGNED

SECRET = f"whsec_{base64.b64encode(b'a secret of the tests, of 32 ok.').decode()}"
OTHER = f"whsec_{base64.b64encode(b'another one that signs as well..').decode()}"


def assigned(
    id: str,
    issue: str,
    *,
    queue: str = "duty-desk",
    change: Change = "opened",
    title: str = "A title",
    time: datetime | None = None,
) -> Event:
    """Something happened to an item of this issue."""
    mention = replace(ASSIGNED.mention, title=title)
    data = replace(ASSIGNED, item=f"item-{issue}", issue=issue, queue=queue, change=change, mention=mention)
    return Event(
        topic=f"gordon.queue.{queue}",
        key=issue,
        type="gordon.assigned.v1",
        id=id,
        source="/gordon/route",
        subject=data.item,
        time=time or datetime.now(UTC),
        data=data,
    )


def secret_file(folder: Path, secret: str = SECRET, name: str = "jira", mode: int = 0o600) -> Path:
    """A secret where only its owner may read it."""
    path = folder / "secrets" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{secret}\n")
    path.chmod(mode)
    return path
