"""Released contracts: what is kept of each version, and what a later one has broken. Files below docs/schemas/released.

A release is a folder named after the version of Gordon: the schema of each type of event, and asyncapi.json. It is
written once and never changed; SHA256SUMS in it tells.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from gordon.schema_compat import breaches

RELEASED = Path("schemas") / "released"
SUMS = "SHA256SUMS"
OPEN_LISTS = frozenset({"change"})
"""Fields of events whose list of values may grow without a new version: docs/events.md says so to consumers."""
Documents = Mapping[str, Mapping[str, Any]]
"""JSON documents by file name."""


def as_release(documents: Mapping[str, str]) -> dict[str, str]:
    """The generated documents as the files of a release, all in one folder."""
    return {Path(name).name: text.replace('"./schemas/', '"./') for name, text in documents.items()}


def versions(folder: Path) -> list[str]:
    """The released versions, the last one last. ``folder``: docs."""
    return sorted((path.name for path in (folder / RELEASED).glob("*.*.*")), key=_numbers)


def read(folder: Path, version: str) -> dict[str, dict[str, Any]]:
    """The documents of a release."""
    found = sorted((folder / RELEASED / version).glob("*.json"))
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in found}


def touched(folder: Path, version: str) -> list[str]:
    """What was changed of a release after it was made."""
    place = folder / RELEASED / version
    sums = (place / SUMS).read_text(encoding="utf-8")
    found = {path.name: path.read_text(encoding="utf-8") for path in place.glob("*.json")}
    return [] if _sums(found) == sums else [f"{place}: not as it was released; see sha256sum -c {SUMS}"]


def _sums(files: Mapping[str, str]) -> str:
    """As sha256sum writes and checks them."""
    return "".join(f"{sha256(text.encode()).hexdigest()}  {name}\n" for name, text in sorted(files.items()))


def parsed(files: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The documents in the texts of files."""
    return {name: json.loads(text) for name, text in files.items()}


def broken(old: Documents, new: Documents, *, major: bool = False) -> list[str]:
    """What the newer breaks of the older: a line each, with file, pointer and who is hit.

    ``major``: the newer is a later major version of Gordon, which may end a type of event that has a successor. What
    is in force under the same name never changes, in a major version neither."""
    found = []
    for name, schema in sorted(old.items()):
        if name == "asyncapi.json":
            continue
        if name in new:
            found += _lines(name, breaches(schema, new[name], open_lists=OPEN_LISTS))
        elif not (major and _succeeded(name, new)):
            found.append(f"{name}: the type is gone; only a major version may end one, and only for a later .v of it")
    return found + _wire(old["asyncapi.json"], new["asyncapi.json"], major)


def _wire(old: Mapping[str, Any], new: Mapping[str, Any], major: bool) -> list[str]:
    """What is broken of channels, addresses, keys and headers."""
    found = []
    for name, channel in old["channels"].items():
        where = f"asyncapi.json#/channels/{name}"
        now = new["channels"].get(name)
        if now is None:
            found += [] if major else [f"{where}: the channel is gone"]
            continue
        if now["address"] != channel["address"]:
            found.append(f"{where}/address: {now['address']} now, it was {channel['address']}")
        for message in channel["messages"]:
            if message in now["messages"]:
                found += _message(message, *(one["components"]["messages"][message] for one in (old, new)))
            elif not major:
                found.append(f"{where}/messages/{message}: the message is gone")
    return found


def _message(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    where = f"asyncapi.json#/components/messages/{name}"
    found = [
        f"{where}/{word}: {new.get(word)} now, it was {old.get(word)}"
        for word in ("name", "contentType")
        if old.get(word) != new.get(word)
    ]
    for part in ("headers", "payload"):
        found += _lines(f"{where}/{part}", breaches(old[part], new[part], open_lists=OPEN_LISTS))
    keys = [one.get("bindings", {}).get("kafka", {}).get("key", {}) for one in (old, new)]
    return found + _lines(f"{where}/bindings/kafka/key", breaches(*keys))


def _lines(where: str, found: Any) -> list[str]:
    return [f"{where}{one.pointer.removeprefix('#')}: {one.sentence} (breaks {one.breaks})" for one in found]


def _succeeded(name: str, new: Documents) -> bool:
    """Whether a later version of this type of event is there."""
    kind, number = _parts(name)
    return any(_parts(other)[0] == kind and _parts(other)[1] > number for other in new)


def _parts(name: str) -> tuple[str, int]:
    """gordon.mention.v1.json as gordon.mention and 1."""
    kind, _, number = name.removesuffix(".json").rpartition(".v")
    return kind, int(number) if number.isdigit() else 0


def is_major(old: str, new: str) -> bool:
    """Whether the newer version may break what the older one promised of whole types."""
    return _numbers(new)[0] > _numbers(old)[0]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def freeze(folder: Path, version: str, documents: Mapping[str, str]) -> list[str]:
    """Writes the release; or writes nothing, and says why not."""
    if any(word in version for word in "+-") or not all(part.isdigit() for part in version.split(".")):
        return [f"{version} is no version that is released"]
    earlier = versions(folder)
    if version in earlier:
        return [f"{version} is released already and stays as it is; raise the version in gordon/__init__.py"]
    if earlier and _numbers(version) < _numbers(earlier[-1]):
        return [f"{version} is before {earlier[-1]}, which is released already"]
    files = as_release(documents)
    if earlier:
        last = earlier[-1]
        if found := broken(read(folder, last), parsed(files), major=is_major(last, version)):
            return [f"{version} breaks what {last} promised; give the type a new name (.v2) instead", *found]
    target = folder / RELEASED / version
    target.mkdir(parents=True)
    for name, text in {**files, SUMS: _sums(files)}.items():
        (target / name).write_text(text, encoding="utf-8")
    return []
