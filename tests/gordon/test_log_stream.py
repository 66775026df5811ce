"""The log never stops the service: a full disk, a closed stream, a reader that has fallen asleep."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gordon.log_stream import PIECE, LogStream

PROGRAM = """
import sys
from gordon.log import logger, set_up
set_up("info", "json", "ingest")
for number in range(3000):
    logger().info("poll", number=number, text="é" * 20)
print("done", flush=True)
sys.stdin.readline()
logger().info("after")
"""


def note(lost: int) -> str:
    return f"lost {lost}"


def drain(end: int) -> bytes:
    """What is in the pipe now."""
    os.set_blocking(end, False)
    found = b""
    try:
        while data := os.read(end, 1 << 16):
            found += data
    except BlockingIOError:
        pass
    return found


@pytest.mark.hostile(81)
def test_a_full_disk_costs_lines_and_nothing_else() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([sys.executable, "-c", PROGRAM], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=full, timeout=300, check=False)  # fmt: skip
    assert (done.returncode, done.stdout) == (0, b"done\n")


@pytest.mark.hostile(81)
@pytest.mark.parametrize("closed", ["2>&-", "0<&- 1>&- 2>&-"])
def test_a_closed_standard_error_is_no_reason_to_fail_nor_to_log_into_a_file(closed: str, tmp_path: Path) -> None:
    """The number of a closed stream must not become that of a database."""
    command = f'exec "$0" -m gordon db upgrade --desk "$1" {closed}'
    (tmp_path / "gordon.toml").write_text('[log]\nlevel = "debug"\n')
    (tmp_path / "feeds.opml").write_text('<opml version="2.0"><head/><body/></opml>')
    (tmp_path / "people.yaml").write_text("- {id: gordon, disciplines: [policy]}\n")
    (tmp_path / "queues.yaml").write_text("queues: {desk: {}}\nroutes: [{queue: desk}]\n")
    done = subprocess.run(["sh", "-c", command, sys.executable, str(tmp_path)], timeout=300, check=False)
    assert done.returncode == 0
    check = subprocess.run([sys.executable, "-m", "gordon", "db", "check", "--desk", str(tmp_path)],
                           capture_output=True, timeout=300, check=False)  # fmt: skip
    assert check.returncode == 0, check.stdout


@pytest.mark.hostile(81)
def test_a_reader_that_sleeps_blocks_nobody_and_learns_what_it_missed() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout and process.stderr
    assert process.stdout.readline() == "done\n"
    end = process.stderr.fileno()
    found = drain(end)
    os.set_blocking(end, True)
    process.stdin.write("\n")
    process.stdin.close()
    with process.stderr as stream:
        found += stream.read().encode()
    process.stdout.close()
    assert process.wait(60) == 0
    lines = found.decode().splitlines()
    whole = [json.loads(line) for line in lines if line.endswith("}")]
    numbers = [line["number"] for line in whole if line["event"] == "poll"]
    assert numbers == list(range(len(numbers))) and len(numbers) < 3000
    assert [line["event"] for line in whole[-2:]] == ["log lines lost", "after"]
    assert whole[-2]["lines"] == 3000 - len(numbers)
    assert len(lines) - len(whole) <= 1, "more than the line that was cut off is broken"


def test_lines_of_several_threads_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        stream = LogStream(file.fileno(), note)
        long = "x" * (3 * PIECE)

        def write(name: str) -> None:
            for _ in range(50):
                stream.write(f"{name}{long}\n")

        threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(path.read_text().splitlines()) == sorted(f"{name}{long}" for name in "abcd" for _ in range(50))


def test_after_a_cut_line_the_next_begins_a_new_one() -> None:
    end, start = os.pipe()
    stream = LogStream(start, note)
    while select.select([], [start], [], 0)[1]:
        os.write(start, b"." * PIECE)
    os.read(end, PIECE)  # room for one piece, not for two
    stream.write("y" * (2 * PIECE) + "\n")
    stream.write("unheard\nthese two\n")
    before = drain(end)
    assert before.endswith(b"y" * PIECE)
    stream.write("heard\n")
    assert drain(end) == b"\nlost 3\nheard\n"
    os.close(end)
    stream.write("nobody reads any more\n")
    os.close(start)
    stream.write("closed\n")


def test_odd_characters_are_written_somehow(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        LogStream(file.fileno(), note).write("a\ud800é\n")
    assert path.read_text("utf-8") == "a\\ud800é\n"
