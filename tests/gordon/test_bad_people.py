"""Rosters that are malformed or contradict themselves: one clear mistake each, with file, line and remedy; and what
works but is probably not meant so: one warning each."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gordon.app.policy import Verdict, check
from gordon.errors import Problem

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
FILES = ("visas", "passport-fees")
ANNA = """\
- id: anna
  disciplines: [policy, communications]
  languages: [en, fr]
  files: {visas: {expertise: lead, authority: [speak, approve]}}
"""
BEN = """\
- id: ben
  disciplines: [policy, communications]
  files: {"*": {expertise: lead, authority: [approve]}}
"""
CARO = "- id: caro\n  disciplines: [policy]\n"
QUEUES = """\
queues:
  q:
    requires:
      disciplines: [policy]
      authority: [approve]
routes: [{queue: q}]
"""


def verdict(folder: Path, people: str, queues: str = QUEUES) -> Verdict:
    (folder / "files").mkdir()
    for name in FILES:
        text = f"file: {name}\nrules: [{{id: r, query: '\"{name}\"'}}]\n"
        (folder / "files" / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder / "people.yaml").write_text(people, encoding="utf-8")
    (folder / "queues.yaml").write_text(queues, encoding="utf-8")
    (folder / "feeds.opml").write_text("<opml version='2.0'><body/></opml>", encoding="utf-8")
    return check(folder, {}, lambda title, text, declared: "en", now=NOW)


def lines(problems: tuple[Problem, ...]) -> list[str]:
    assert all(problem.remedy for problem in problems)
    return [f"{problem.file}:{problem.line}: {problem.message}" for problem in problems]


def anna(line: str) -> str:
    """Anna with one line more, the fifth; and Ben."""
    return f"{ANNA}  {line}\n{BEN}{CARO}"


CARO_WITH = f"{ANNA}{BEN}{CARO}  "
"""Lines that follow are Caro's, from line 10 on."""
MISTAKES = [
    ("anna: {}\n", "people.yaml:1: is not a list of people"),
    (f"{ANNA}{BEN}{CARO}- anna\n", "people.yaml:10: 3: Input should be a valid dictionary"),
    (anna("delegate: anna"), "people.yaml:5: anna: is their own delegate"),
    (anna("delegate: bne"), "people.yaml:5: anna: no person 'bne'"),
    (anna("delegate: ben") + "  delegate: anna\n", None),
    (
        f"{ANNA}  delegate: ben\n{BEN}  delegate: anna\n",
        "people.yaml:5: anna: delegates in a circle: anna to ben to anna",
    ),
    (
        f"{CARO}  delegate: anna\n{ANNA}  delegate: ben\n{BEN}  delegate: anna\n",
        "people.yaml:8: anna: delegates in a circle: anna to ben to anna",
    ),
    (
        f"{CARO}  delegate: ben\n{BEN}  delegate: anna\n{ANNA}  delegate: caro\n",
        "people.yaml:3: caro: delegates in a circle: caro to ben to anna to caro",
    ),
    (
        anna("away: [{from: 2026-12-20, to: 2027-01-03}, {from: 2027-01-02, to: 2027-01-09}]"),
        "people.yaml:5: anna: absences overlap: 2026-12-20 to 2027-01-03 and 2027-01-02 to 2027-01-09",
    ),
    (
        anna("away:\n    - {from: 2027-01-02, to: 2027-01-05}\n    - {from: 2026-12-20, to: 2027-01-09}"),
        "people.yaml:7: anna: absences overlap: 2026-12-20 to 2027-01-09 and 2027-01-02 to 2027-01-05",
    ),
    (
        anna("away: [{from: 2027-01-03, to: 2026-12-20}]"),
        "people.yaml:5: 0.away.0: an absence must not end before it starts (from <= to)",
    ),
    (anna("away: [{from: 2027-01-03}]"), "people.yaml:5: 0.away.0.to is missing"),
    (anna("away: [{from: 2027-02-30, to: 2027-03-01}]"), "people.yaml:5: 0.away.0.from: Input should be a valid date"),
    (
        anna('hours: {from: "17:00", to: "09:00"}'),
        "people.yaml:5: 0.hours: hours must end after they start (from < to)",
    ),
    (
        anna('hours: {from: "09:00", to: "09:00"}'),
        "people.yaml:5: 0.hours: hours must end after they start (from < to)",
    ),
    (anna('hours: {from: "9 am"}'), "people.yaml:5: 0.hours.from: Input should be in a valid time format"),
    (anna("hours: {tz: America/Ottawa}"), "people.yaml:5: 0.hours.tz: 'America/Ottawa' is not a time zone"),
    (anna("hours: {holidays: CA-XX}"), "people.yaml:5: no holidays known for 'CA-XX'"),
    (anna("hours: {holidays: Ottawa}"), "people.yaml:5: no holidays known for 'Ottawa'"),
    (anna("hours: {days: mon-fry}"), "people.yaml:5: 0.hours.days: 'mon-fry' is not a day"),
    (anna("capacity: -1"), "people.yaml:5: 0.capacity: Input should be greater than or equal to 0"),
    (anna("capacity: many"), "people.yaml:5: 0.capacity: Input should be a valid integer"),
    (anna("until: soon"), "people.yaml:5: 0.until: Input should be a valid date"),
    (anna("capacity: 1\n  capacity: 2"), "people.yaml:6: key 'capacity' appears twice"),
    (anna("capacty: 1"), "people.yaml:5: unknown key 0.capacty"),
    (anna("id: anna"), "people.yaml:5: key 'id' appears twice"),
    (ANNA + BEN + CARO + ANNA, "people.yaml:10: person 'anna' appears twice"),
    (f"{ANNA}{BEN}- id: Caro\n  disciplines: [policy]\n", "people.yaml:8: 2.id: String should match pattern"),
    (f"{ANNA}{BEN}- id: caro\n  disciplines: []\n", "people.yaml:9: 2.disciplines: no discipline"),
    (f"{ANNA}{BEN}- id: caro\n  capacity: 1\n", "people.yaml:8: 2: no discipline, for every file or for one"),
    (
        f"{ANNA}{BEN}- id: caro\n  disciplines: [policy, policy]\n",
        "people.yaml:9: 2.disciplines: 'policy' appears twice",
    ),
    (f"{ANNA}{BEN}- id: caro\n  disciplines: [[policy]]\n", "people.yaml:9: 2.disciplines: ['policy'] is not a name"),
    (f"{ANNA}{BEN}- id: caro\n  disciplines: [polcy]\n", "people.yaml:9: caro: no discipline 'polcy'"),
    (CARO_WITH + "languages: [english]\n", "people.yaml:10: 2.languages: 'english' is not the code of a language"),
    (CARO_WITH + "files: {viasa: {}}\n", "people.yaml:10: caro: no file 'viasa'"),
    (CARO_WITH + "files: {'tax-*': {}}\n", "people.yaml:10: caro: no file 'tax-*'"),
    (CARO_WITH + "files: {visas: {disciplines: [law]}}\n", "people.yaml:10: caro: no discipline 'law'"),
    (CARO_WITH + "files: {visas: {authority: speak}}\n", "people.yaml:10: 2.files.visas.authority: Input should be"),
    (
        CARO_WITH + "files: {visas: {authority: [speak, approve: never]}}\n",
        "people.yaml:10: 2.files.visas.authority.approve: Input should be a valid date",
    ),
    (
        CARO_WITH + "files: {visas: {authority: [speak, speak: 2027-01-31]}}\n",
        "people.yaml:10: 2.files.visas.authority: 'speak' appears twice",
    ),
    (
        CARO_WITH + "files: {visas: {expertise_until: 2027-01-31}}\n",
        "people.yaml:10: 2.files.visas: expertise_until without expertise",
    ),
    (CARO_WITH + "files: {visas: {until: 2027-13-01}}\n", "people.yaml:10: 2.files.visas.until: Input should be"),
    (CARO_WITH + "files: [visas]\n", "people.yaml:10: 2.files: Input should be a valid dictionary"),
]


@pytest.mark.parametrize(("people", "expected"), [row for row in MISTAKES if row[1]])
def test_one_mistake_with_line_and_remedy(tmp_path: Path, people: str, expected: str) -> None:
    (found,) = lines(verdict(tmp_path, people).problems)
    assert found.startswith(expected)


GONE = "has run out on 2026-11-22"
WARNINGS = [
    (anna("until: 2026-11-22"), "people.yaml:5: anna: has left on 2026-11-22"),
    (CARO_WITH + "delegate: anna\n", None),
    (
        f"{ANNA}{BEN}{CARO}  delegate: dora\n- id: dora\n  disciplines: [policy]\n  until: 2026-11-22\n",
        "people.yaml:10: caro: the delegate dora has left on 2026-11-22\npeople.yaml:13: dora: has left on 2026-11-22",
    ),
    (
        CARO_WITH + "until: 2026-12-01\n  away: [{from: 2026-12-02, to: 2026-12-04}]\n",
        "people.yaml:11: caro: is away from 2026-12-02, after the last day 2026-12-01",
    ),
    (CARO_WITH + "files: {visas: {until: 2026-11-22}}\n", f"people.yaml:10: caro: the standing on visas {GONE}"),
    (
        CARO_WITH + "files: {visas: {authority: [speak, approve: 2026-11-22]}}\n",
        f"people.yaml:10: caro: approve {GONE}",
    ),
    (
        CARO_WITH + "files: {visas: {expertise: expert, expertise_until: 2026-11-22}}\n",
        f"people.yaml:10: caro: expert {GONE}",
    ),
    (CARO_WITH + "languages: [en, fr: 2026-11-22]\n", f"people.yaml:10: caro: fr {GONE}"),
    (CARO_WITH + "files: {visas: {languages: [fr: 2026-11-22]}}\n", f"people.yaml:10: caro: fr {GONE}"),
    (CARO_WITH + "files: {visas: {disciplines: [advocacy: 2026-11-22]}}\n", f"people.yaml:10: caro: advocacy {GONE}"),
    (
        CARO_WITH + "files: {visas: {authority: [aprove]}}\n",
        "people.yaml:10: caro: nothing asks for authority 'aprove'",
    ),
    (CARO_WITH + "files: {visas: {expertise: leed}}\n", "people.yaml:10: caro: nothing asks for expertise 'leed'"),
]


@pytest.mark.parametrize(("people", "expected"), WARNINGS)
def test_one_warning_and_the_desk_works(tmp_path: Path, people: str, expected: str | None) -> None:
    found = verdict(tmp_path, people)
    assert found.problems == ()
    expected_lines = expected.splitlines() if expected else []
    texts = lines(found.warnings)
    assert len(texts) == len(expected_lines)
    assert all(text.startswith(line) for text, line in zip(texts, expected_lines, strict=True)), texts


def queue(requires: str) -> str:
    routes = "routes:\n  - {when: {kind: edited}, queue: watch}\n  - {queue: q}\n"
    return f"queues:\n  q:\n    requires:\n      {requires}\n  watch: {{}}\n{routes}"


ALONE = f"{ANNA}- id: caro\n  disciplines: [advocacy]\n"
IMPOSSIBLE = [
    (ANNA + BEN, queue("disciplines: [policy, advocacy]"),
     "nobody could ever meet discipline advocacy for passport-fees, visas"),
    (ANNA, queue("expertise: lead"), "4: queue q: nobody could ever meet expertise lead for passport-fees"),
    (ANNA, queue("authority: [approve]"), "4: queue q: nobody could ever meet authority approve for passport-fees"),
    (ANNA, queue("languages: [es]"), "4: queue q: nobody could ever meet language es for passport-fees, visas"),
    (anna("capacity: 0").replace(BEN, ""), queue("expertise: lead"), "nobody could ever meet expertise lead"),
    (anna("hours: {days: []}").replace(BEN, ""), queue("expertise: lead"), "nobody could ever meet expertise lead"),
    (BEN.replace('"*"', "visas") + ALONE.replace("[speak, approve]", "[]"),
     queue("disciplines: [policy]\n      authority: [draft]"), "nobody could ever meet authority draft"),
    (BEN + CARO.replace("policy", "advocacy"), queue("disciplines: [policy]\n      authority: [approve]"),
     "3: queue q: ben alone could both draft and approve for passport-fees, visas"),
    (BEN + CARO.replace("policy", "advocacy"),
     queue("disciplines: [policy]\n      authority: [approve]\n      separate_approver: false"), None),
    (BEN + CARO.replace("policy", "advocacy") + "  files: {visas: {disciplines: [policy]}}\n",
     queue("disciplines: [policy]\n      authority: [approve]"),
     "3: queue q: ben alone could both draft and approve for passport-fees"),
    (f"{CARO}  files: {{visas: {{expertise: working, until: 2026-12-01}}, '*': {{expertise: lead}}}}\n",
     queue("expertise: lead"), None),
    (f"{CARO}  away: [{{from: 2026-11-01, to: 2027-11-30}}]\n", queue("disciplines: [policy]"), None),
    (ANNA, queue("expertise: lead").replace("{queue: q}", "{when: {file: visas}, queue: q}\n  - {queue: watch}"), None),
]  # fmt: skip


@pytest.mark.parametrize(("people", "queues", "expected"), IMPOSSIBLE)
def test_what_nobody_could_ever_meet_is_a_warning(
    tmp_path: Path, people: str, queues: str, expected: str | None
) -> None:
    found = verdict(tmp_path, people, queues)
    assert found.problems == ()
    texts = [text for text in lines(found.warnings) if text.startswith("queues.yaml")]
    assert len(texts) == (expected is not None), texts
    if expected:
        assert expected in texts[0] and (not expected[0].isdigit() or texts[0] == f"queues.yaml:{expected}")
