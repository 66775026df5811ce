"""The content of the container: built by the steps of its own Containerfile into a clean folder, and run by a user
without rights under a read-only root."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

from gordon.starter import write_starter
from tests.deploy.container import CONTAINERFILE, ROOT, UID, build, copied, enter, final_environ, need, stages

TEXT = CONTAINERFILE.read_text(encoding="utf-8")
PATIENCE = 120.0
BUILDERS = {"gcc", "cc", "g++", "make", "ld", "pip", "pip3", "uv", "cmake", "cargo", "rustc"}


def built(folder: Path) -> Path:
    """/opt as the build stage leaves it."""
    build(folder / "opt")
    return folder / "opt"


def prepared(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A mount point for the root, a desk, and a data folder that belongs to the container's user."""
    desk, data, root = tmp_path / "desk", tmp_path / "data", tmp_path / "root"
    write_starter(desk)
    (desk / "feeds.opml").write_text('<opml version="2.0"><body/></opml>', encoding="utf-8")
    for path in (desk, *desk.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    for path in (data, root):
        path.mkdir()
    subprocess.run(["chown", f"{UID}:{UID}", str(data)], check=True)
    return root, desk, data


def run(opt: Path, place: tuple[Path, Path, Path], *command: str) -> subprocess.CompletedProcess[str]:
    inside = enter(place[0], opt, place[1], place[2], final_environ(), list(command))
    return subprocess.run(inside, capture_output=True, text=True, timeout=300, check=False)


def test_no_base_floats() -> None:
    first, *rest = stages(TEXT)
    assert [(step.word, step.rest) for step in first] == [("ARG", "PYTHON_DIGEST")], "a digest has no default"
    assert len(rest) == 2 and all(stage[0].rest.split()[0].endswith("@${PYTHON_DIGEST}") for stage in rest)
    assert "imagetools inspect" in TEXT


def test_the_final_stage_is_for_an_ordinary_user_and_builds_nothing() -> None:
    final = stages(TEXT)[2]
    words = {step.word: step.rest for step in final}
    assert words["USER"] == f"{UID}:{UID}" and words["STOPSIGNAL"] == "SIGTERM"
    assert json.loads(words["HEALTHCHECK"].partition("CMD ")[2])[1:] == ["/opt/gordon/healthcheck.py", "live"]
    assert json.loads(words["ENTRYPOINT"]) == ["/opt/gordon/bin/gordon"]
    assert not re.search(r"apt|pip install|curl|wget", " ".join(step.rest for step in final if step.word == "RUN"))
    assert {key for key in final_environ() if key.startswith("GORDON_")} == {"GORDON_DESK", "GORDON_DATA"}
    assert (
        'version="{}"'.format(re.findall(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.M)[0]) in TEXT
    )


def test_the_context_is_what_is_copied_and_no_more() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert "*" in ignored and allowed == set(copied(stages(TEXT)[1]))
    assert all((ROOT / name).exists() for name in allowed)


def has_no_build_tools_and_nothing_of_the_development(opt: Path) -> None:
    tree = opt / "gordon"
    assert not {path.name for path in (tree / "bin").iterdir()} & BUILDERS
    packages = {path.name.partition("-")[0].lower() for path in tree.glob("lib/python*/site-packages/*.dist-info")}
    assert {"gordon", "spacy", "psycopg"} <= packages
    assert not packages & {"pip", "setuptools", "wheel", "pytest", "ruff", "mypy", "uv"}
    loose = [path for path in tree.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o6022]
    assert loose == [], "set-id or writable by others"


def is_complete_and_checks_a_desk(opt: Path, place: tuple[Path, Path, Path]) -> None:
    done = run(opt, place, "/opt/gordon/bin/gordon", "check", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["problems"] == []
    imports = (
        "import gordon.app.up, gordon.app.relay, gordon.app.learn, classify.learn.train, gordon.picture, gordon.cli"
    )
    done = run(opt, place, "/opt/gordon/bin/python", "-W", "error::ImportWarning", "-c", imports)
    assert done.returncode == 0, done.stderr


def writes_to_the_data_folder_and_tmp_only(opt: Path, place: tuple[Path, Path, Path]) -> None:
    tried = (
        "/",
        "/opt/gordon",
        "/opt/gordon/lib",
        "/etc",
        "/etc/gordon/desk",
        "/var",
        "/usr",
        "/var/lib/gordon",
        "/tmp",
    )
    program = (
        "import os, sys, tempfile\n"
        "assert os.getuid() == int(sys.argv[1]) and os.getgroups() in ([], [os.getgid()])\n"
        "for path in sys.argv[2:]:\n"
        "    try:\n        tempfile.TemporaryFile(dir=path).close()\n        print(path)\n"
        "    except OSError:\n        pass\n"
    )
    done = run(opt, place, "/opt/gordon/bin/python", "-c", program, str(UID), *tried)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["/var/lib/gordon", "/tmp"]


def runs_a_daemon_that_is_healthy_and_ends(opt: Path, place: tuple[Path, Path, Path]) -> None:
    root, desk, data = place
    environ = {**final_environ(), "GORDON_METRICS__PORT": "0"}
    command = ["/opt/gordon/bin/gordon", "ingest", "--metrics-port", "0"]
    health = [sys.executable, str(ROOT / "deploy" / "healthcheck.py"), "ready"]
    with subprocess.Popen(enter(root, opt, desk, data, environ, command), stderr=subprocess.PIPE, text=True) as daemon:
        try:
            end = time.monotonic() + PATIENCE
            while subprocess.run(health, env={"GORDON_DATA": str(data)}, capture_output=True).returncode:
                assert daemon.poll() is None and time.monotonic() < end, daemon.communicate()[1]
                time.sleep(0.2)
            assert {path.stat().st_uid for path in data.rglob("*")} == {UID}
            daemon.terminate()  # unshare, sh, env and chroot have become the daemon: it is its own first process
            assert daemon.wait(PATIENCE) == 0
        finally:
            daemon.kill()
    assert subprocess.run(health, env={"GORDON_DATA": str(data)}, capture_output=True).returncode == 1


def test_the_tree_of_the_image(tmp_path: Path) -> None:
    """One test, as the build takes a minute: with several processes each test would build it anew."""
    need("unshare", "mount", "chroot")
    opt = built(tmp_path)
    has_no_build_tools_and_nothing_of_the_development(opt)
    place = prepared(tmp_path)
    is_complete_and_checks_a_desk(opt, place)
    writes_to_the_data_folder_and_tmp_only(opt, place)
    runs_a_daemon_that_is_healthy_and_ends(opt, place)


def pins(name: str) -> dict[str, frozenset[str]]:
    """Each line of a lock with its hashes."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            current = line.rstrip(" \\")
            found[current] = []
        found_hash = re.match(r"\s+--hash=(\S+)", line)
        if found_hash:
            found[current].append(found_hash[1])
    return {line: frozenset(hashes) for line, hashes in found.items()}


def test_the_lock_of_the_image_is_part_of_the_lock() -> None:
    whole, part = pins("requirements.lock"), pins("requirements-run.lock")
    assert len(part) > 50 and all(part.values())
    bare = {line.partition(" ;")[0]: hashes for line, hashes in whole.items()}
    assert {line: bare.get(line.partition(" ;")[0]) for line in part} == part
    assert not {line.partition("==")[0] for line in part} & {"pytest", "mypy", "ruff", "hypothesis"}
