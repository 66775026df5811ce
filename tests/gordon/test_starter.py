"""What ``gordon init`` writes: a desk that holds, and shows every setting; and it overwrites nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from classify.compile import compile_engine, places
from classify.matchers.spacy_runtime import Pipelines
from classify.selftest import run_tests
from gordon.desk.load import load_desk
from gordon.errors import GordonError
from gordon.language import Detector
from gordon.settings import Settings, read_settings
from gordon.starter import InTheWay, write_starter
from ingest import opml

NAMES = ["feeds.opml", "files/library-cards.yaml", "gordon.toml", "people.yaml", "queues.yaml"]


def test_it_writes_a_desk_that_loads_and_passes_its_own_tests(tmp_path: Path) -> None:
    target = tmp_path / "new" / "desk"
    assert [path.relative_to(target).as_posix() for path in write_starter(target)] == NAMES
    desk = load_desk(target, {})
    place = places(desk.sources, desk.lines)
    engine, problems = compile_engine(desk.files, place, Pipelines())
    assert engine is not None
    problems = [*problems, *run_tests(engine, desk.files, place, Detector().detect)]
    assert [str(problem) for problem in problems] == []
    assert desk.files[0].tests.must and desk.files[0].tests.must_not and desk.people and desk.settings == Settings()


def test_its_feeds_are_readable_and_lead_nowhere(tmp_path: Path) -> None:
    write_starter(tmp_path)
    feeds, problems = opml.read(tmp_path / "feeds.opml")
    assert problems == [] and {feed.language for feed in feeds} == {"en", "fr"}
    assert all(re.match(r"https://[a-z.]*example\.(org|com|net)/", feed.url) for feed in feeds)


def test_the_settings_it_shows_are_the_defaults_and_all_of_them(tmp_path: Path) -> None:
    write_starter(tmp_path)
    file = tmp_path / "gordon.toml"
    shown = re.sub(r"(?m)^# (?=[a-z_]+ = )", "", file.read_text(encoding="utf-8"))
    file.write_text(shown, encoding="utf-8")
    settings, problems = read_settings(tmp_path, {})
    assert [str(problem) for problem in problems] == []
    assert settings == Settings()
    # A mechanism has no default that could be shown; the demo's blogs belong to the demo.
    assert set(_keys()) - set(_shown(shown)) == {"kafka.sasl_mechanism", "demo"}


def _shown(text: str) -> Iterator[str]:
    table = ""
    for line in text.splitlines():
        if header := re.match(r"\[(\w+)\]", line):
            table = f"{header[1]}."
        elif key := re.match(r"(\w+) = ", line):
            yield table + key[1]


def _keys() -> Iterator[str]:
    defaults = Settings()
    for name in Settings.model_fields:
        inner = getattr(type(getattr(defaults, name)), "model_fields", None)
        yield from [f"{name}.{key}" for key in inner] if inner else [name]


@pytest.mark.parametrize("name", NAMES)
def test_it_overwrites_nothing_and_writes_nothing_then(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(InTheWay, match=re.escape(str(path))) as caught:
        write_starter(tmp_path)
    assert caught.value.paths == (path,)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [path]
    assert path.read_text(encoding="utf-8") == "mine"


def test_a_link_to_nowhere_and_a_file_instead_of_the_folder_are_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "people.yaml").symlink_to(tmp_path / "gone")
    with pytest.raises(InTheWay, match=r"people\.yaml"):
        write_starter(tmp_path)
    with pytest.raises(InTheWay, match=r"desk\.txt"):
        (tmp_path / "desk.txt").write_text("")
        write_starter(tmp_path / "desk.txt")


def test_a_folder_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GordonError, match="cannot write"):
        write_starter(tmp_path / "file" / "desk")
