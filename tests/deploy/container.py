"""The image of deploy/Containerfile without a container engine: its build stage by its own steps, and its final stage
as far as it can be had here: a read-only root of its own, in which a user without any right runs Gordon."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTAINERFILE = ROOT / "deploy" / "Containerfile"
UID = 10001


@dataclass(frozen=True)
class Step:
    """One instruction of a stage."""

    word: str
    rest: str


def stages(text: str) -> list[list[Step]]:
    """The instructions of each stage, its FROM first; what stands before the first FROM is a stage of its own."""
    joined = re.sub(r"\\\n\s*", "", "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#")))
    found: list[list[Step]] = [[]]
    for line in filter(None, map(str.strip, joined.splitlines())):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append(Step(word, rest.strip()))
    return found


def need(*programs: str) -> None:
    """Skips on a laptop and fails in CI where a program, or the right to mount, is missing."""
    remedies = [f"{program} is missing" for program in programs if not shutil.which(program)]
    if os.geteuid() != 0:
        remedies.append("only root may make a root folder for another user")
    if remedies:
        remedy = "; ".join(remedies)
        pytest.fail(remedy) if os.environ.get("CI") == "true" else pytest.skip(remedy)


def copied(steps: list[Step]) -> Iterator[str]:
    """What the build stage is made from."""
    for step in steps:
        if step.word == "COPY":
            yield from step.rest.split()[:-1]


def script(steps: list[Step], opt: Path) -> str:
    """The build stage as a shell script, with /opt as a folder that is ours; every other path is the machine's."""
    lines = ["set -eu", f"mount --bind {shlex.quote(str(opt))} /opt", "umask 022"]
    for step in steps:
        if step.word == "WORKDIR":
            lines += [f"mkdir -p {step.rest}", f"cd {step.rest}"]
        elif step.word == "COPY":
            *sources, target = step.rest.split()
            for source in sources:
                whole = shlex.quote(str(ROOT / source))
                lines.append(f"cp -R {whole} {target}")
        elif step.word == "ENV":
            lines.append(f"export {step.rest}")
        elif step.word == "RUN":
            lines.append(step.rest)
    return "\n".join(lines)


def build(opt: Path) -> None:
    """Runs the build stage; its /opt is this folder afterwards."""
    (opt / "src").mkdir(parents=True)
    bin = opt.parent / "bin"
    bin.mkdir()
    # "python" is the image's; here it is the interpreter that the tests run on, without its environment.
    (bin / "python").write_text(f'#!/bin/sh\nexec {sys.base_prefix}/bin/python3 "$@"\n')
    (bin / "python").chmod(0o755)
    steps = stages(CONTAINERFILE.read_text(encoding="utf-8"))[1]
    kept = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    wheels = kept.get("PIP_FIND_LINKS", "")
    if wheels.startswith("/opt/"):  # hidden by the /opt of the image
        del kept["PIP_FIND_LINKS"]
    environ = {**kept, "PATH": f"{bin}:/usr/sbin:/usr/bin:/sbin:/bin"}
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script(steps, opt)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/etc/ssl", "/etc/ld.so.cache", "/etc/localtime")
DEVICES = ("null", "zero", "urandom", "random")


def enter(root: Path, opt: Path, desk: Path, data: Path, environ: dict[str, str], command: list[str]) -> list[str]:
    """The command that runs ``command`` as a user without rights in a read-only root with the desk, where only the data
    folder and /tmp can be written to."""
    given = " ".join(shlex.quote(f"{key}={value}") for key, value in environ.items())
    lines = ["set -eu", f"mount -t tmpfs -o mode=755 tmpfs {root}", f"cd {root}"]
    system = dict.fromkeys([*(path for path in SYSTEM if Path(path).exists()), sys.base_prefix])
    for path in system:
        if Path(path).is_symlink():
            lines.append(f"ln -s {os.readlink(path)} .{path}")
        elif any(path.startswith(f"{other}/") for other in system):
            continue
        elif Path(path).is_dir():
            lines.append(f"mkdir -p .{path} && mount --rbind -o ro {path} .{path}")
        else:
            lines.append(f"mkdir -p .{Path(path).parent} && touch .{path} && mount --bind {path} .{path}")
    lines += [f"touch dev/{name} && mount --bind /dev/{name} dev/{name}" for name in DEVICES]
    lines.insert(3, "mkdir -p dev proc tmp opt/gordon etc/gordon/desk var/lib/gordon")
    lines += [
        "mount --rbind /proc proc",
        f"mount --bind {opt}/gordon opt/gordon && mount -o remount,bind,ro opt/gordon",
        f"mount --bind {desk} etc/gordon/desk && mount -o remount,bind,ro etc/gordon/desk",
        f"mount --bind {data} var/lib/gordon",
        "mount -t tmpfs -o mode=1777 tmpfs tmp",
        f"mount -o remount,bind,ro {root}",
        f"exec chroot --userspec={UID}:{UID} --groups= {root} /usr/bin/env -i {given} {shlex.join(command)}",
    ]
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(lines)]


def final_environ() -> dict[str, str]:
    """What ENV of the final stage says."""
    words = [step.rest for step in stages(CONTAINERFILE.read_text(encoding="utf-8"))[2] if step.word == "ENV"]
    return dict(word.partition("=")[::2] for word in shlex.split(" ".join(words)))
