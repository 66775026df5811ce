"""A desk is read whole: every mistake at once, each with file, line and remedy."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.desk.load import load_desk, read_desk
from gordon.desk.yaml_lines import parse
from gordon.errors import DeskInvalid

FILE = """\
file: passport-services
title: {en: Passport services, fr: Services de passeport}
rules:
  - {id: delays, lang: en, query: 'passport* NEAR/8 delay*'}
  - {id: names, phrases: [Passport Program], weight: 2}
examples: {yes: [a late passport], no: [a hockey passport]}
claims:
  - id: fee
    says: {en: Fees double}
    line: {en: They do not, version: 3, expires: 2027-03-31}
tests:
  must: [{text: Passport delay, rules: [delays]}]
"""
PEOPLE = """\
- id: gordon
  disciplines: [policy, communications]
  files: {"passport-*": {expertise: lead, authority: [speak], until: 2027-06-30}}
  hours: {tz: America/Toronto, days: mon-fri, from: 08:00, to: "17:00", holidays: CA-ON}
  away: [{from: 2026-12-20, to: 2027-01-03}]
"""
QUEUES = """\
queues:
  rapid: {requires: {disciplines: [policy], expertise: lead}, clocks: {acknowledge: 30m, draft: 2h}, escalate: duty}
  duty: {requires: {disciplines: [communications]}}
routes:
  - {when: {claim: true}, queue: rapid, continue: true}
  - {queue: duty}
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in {"file": FILE, "people": PEOPLE, "queues": QUEUES, **files}.items():
        path = folder / ("files/a.yaml" if name == "file" else "gordon.toml" if name == "toml" else f"{name}.yaml")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def problems(folder: Path, **environ: str) -> list[str]:
    return [str(problem) for problem in sorted(read_desk(folder, environ).problems)]


def test_a_good_desk_is_read(tmp_path: Path) -> None:
    desk = load_desk(write(tmp_path), {})
    (entry,) = desk.files
    assert [rule.id for rule in entry.rules] == ["delays", "names"]
    assert entry.examples.yes == ("a late passport",)
    assert entry.claims[0].line.expires == date(2027, 3, 31)
    (person,) = desk.people
    assert person.hours is not None and person.hours.start == time(8) and person.hours.days[-1] == "fri"
    assert desk.queues.queues["rapid"].clocks.acknowledge == 1800
    assert desk.line("files/a.yaml", "rules", 1, "phrases") == 5
    assert desk.file("passport-services") is entry and desk.file("other") is None


def test_the_version_follows_what_decides_and_nothing_else(tmp_path: Path) -> None:
    first = load_desk(write(tmp_path), {}).version
    assert load_desk(write(tmp_path, toml="[http]\ndeadline = '5s'\n"), {}).version == first
    assert load_desk(write(tmp_path, people=PEOPLE.replace("lead", "expert")), {}).version != first


def test_silences_count_in_the_version_and_may_be_missing(tmp_path: Path) -> None:
    desk = load_desk(write(tmp_path), {})
    assert desk.silences == ()
    entry = "- {id: a, owner: gordon, reason: r, from: 2026-12-01, to: 2026-12-02, when: {claim: fee}}\n"
    changed = load_desk(write(tmp_path, silences=entry), {})
    assert [one.id for one in changed.silences] == ["a"] and changed.version != desk.version


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"file": ""}, "files/a.yaml: the file is empty"),
        ({"file": "file: a\nrules: [{id: x, query: 'a'\n"}, "files/a.yaml:3: not readable as YAML"),
        (
            {"file": "file: a\nrules:\n  - {id: x, qeury: a}\n"},
            "files/a.yaml:3: unknown key rules.0.qeury (did you mean 'query'?)",
        ),
        (
            {"file": "file: a\nrules:\n  - {id: x, query: a, phrases: [b]}\n"},
            "files/a.yaml:3: rules.0: rule 'x' needs exactly one",
        ),
        ({"file": FILE + "rules: []\n"}, "files/a.yaml:13: key 'rules' appears twice"),
        ({"file": FILE.replace("id: names", "id: delays")}, "files/a.yaml:5: rule 'delays' appears twice"),
        (
            {"file": FILE.replace("rules: [delays]", "rules: [delay]")},
            "files/a.yaml:12: no rule 'delay' (did you mean 'delays'?)",
        ),
        ({"file": "file: a\nrules: &r [{id: x, query: a}]\nexclude: *r\n"}, "anchors and aliases are not supported"),
        ({"people": PEOPLE.replace("[policy, communications]", "[]")}, "people.yaml:2: 0.disciplines"),
        (
            {"people": PEOPLE.replace("policy,", "polcy,")},
            "people.yaml:2: gordon: no discipline 'polcy' (did you mean 'policy'?)",
        ),
        ({"people": PEOPLE.replace("passport-*", "pasport")}, "people.yaml:3: gordon: no file 'pasport'"),
        (
            {"people": PEOPLE + "- id: gordon\n  disciplines: [policy]\n"},
            "people.yaml:6: person 'gordon' appears twice",
        ),
        ({"people": PEOPLE + "  delegate: nobody\n"}, "people.yaml:6: gordon: no person 'nobody'"),
        (
            {"people": PEOPLE.replace("America/Toronto", "Toronto")},
            "people.yaml:4: 0.hours.tz: 'Toronto' is not a time zone",
        ),
        ({"people": PEOPLE.replace("mon-fri", "mon-fry")}, "people.yaml:4: 0.hours.days: 'mon-fry' is not a day"),
        ({"people": "gordon: {}\n"}, "people.yaml:1: is not a list of people"),
        (
            {"queues": QUEUES.replace("queue: duty}", "queue: dty}")},
            "queues.yaml:6: route to unknown queue 'dty' (did you mean 'duty'?)",
        ),
        ({"queues": QUEUES.replace("  - {queue: duty}\n", "")}, "queues.yaml:5: the routes have no catch-all"),
        (
            {"queues": QUEUES + "  - {when: {claim: true}, queue: duty}\n"},
            "queues.yaml:6: a catch-all before other routes",
        ),
        (
            {"queues": QUEUES.replace("escalate: duty", "escalate: rapid")},
            "queues.yaml:2: queue rapid escalates in a circle",
        ),
        (
            {"queues": QUEUES.replace("30m", "soon")},
            "queues.yaml:2: queues.rapid.clocks.acknowledge: 'soon' is not a duration",
        ),
        ({"toml": "[http]\ndeadline = \n"}, "gordon.toml:2: not readable as TOML"),
        ({"toml": "a = 1\n[http]\nmax_body = 'x'\n"}, "gordon.toml:3: http.max_body: 'x' is not a size"),
    ],
)
def test_each_mistake_has_file_line_and_remedy(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    found = problems(write(tmp_path, **files))
    assert any(expected in text for text in found), found
    assert all(text.endswith(")") for text in found), "a problem without a remedy"


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        file=FILE.replace("query:", "qery:"),
        people=PEOPLE.replace("policy", "polcy"),
        queues=QUEUES.replace("queue: duty}", "queue: dty}"),
        toml="nonsense = 1\n",
    )
    with pytest.raises(DeskInvalid) as caught:
        load_desk(tmp_path, {"GORDON_POLL__CONCURRENCY": "many"})
    named = {problem.file for problem in caught.value.problems}
    assert named == {
        "files/a.yaml",
        "people.yaml",
        "queues.yaml",
        "gordon.toml",
        "environment variable GORDON_POLL__CONCURRENCY",
    }


def test_two_files_with_one_id_and_a_missing_folder(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "files/b.yaml").write_text(FILE, encoding="utf-8")
    assert any("is also in files/a.yaml" in text for text in problems(tmp_path))
    with pytest.raises(DeskInvalid, match="gordon init"):
        read_desk(tmp_path / "nowhere", {})


def test_unreadable_files_are_problems(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "files/a.yaml").write_bytes(b"file: \xff\xfe\n")
    (tmp_path / "queues.yaml").unlink()
    found = problems(tmp_path)
    assert any("files/a.yaml: cannot be read" in text for text in found)
    assert any("queues.yaml: is missing" in text for text in found)


def test_words_stay_words() -> None:
    data, _, found = parse("{yes: no, at: 08:00, on: 2026-12-01, n: 12, f: 1.5, t: true, e: , q: '12'}", "x")
    assert not found
    assert data == {"yes": "no", "at": "08:00", "on": "2026-12-01", "n": 12, "f": 1.5, "t": True, "e": None, "q": "12"}


@given(st.text(max_size=80))
@settings(max_examples=100, deadline=None)
def test_any_text_is_data_or_a_problem(text: str) -> None:
    data, _, found = parse(text, "x")
    assert found or data is not None or text.strip() != ""


def test_nesting_without_end_is_a_problem() -> None:
    _, _, found = parse("[" * 5000 + "]" * 5000, "x")
    assert found
