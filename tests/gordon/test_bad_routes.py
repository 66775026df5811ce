"""Malformed and contradictory queues, routes, priorities, spikes, tests and silences: one clear mistake each, with
file, line and remedy; and all at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gordon.app.policy import check, read_policy
from gordon.errors import DeskInvalid, Problem

FILE = """\
file: visas
rules: [{id: any, query: visa*}]
claims: [{id: fee, says: {en: The visa fee doubles}}]
"""
PEOPLE = """\
- {id: gordon, disciplines: [policy], files: {visas: {expertise: lead, authority: [speak]}}}
"""
QUEUES = """\
queues:
  rapid: {requires: {disciplines: [policy]}, clocks: {acknowledge: 30m, draft: 2h}, escalate: duty}
  duty: {clocks: {acknowledge: 4h}}
routes:
  - {when: {claim: true}, queue: rapid}
  - {queue: duty}
priority: {reach: {"cbc-*": 1}}
spikes: {window: 3h}
tests:
  - {given: {file: visas, claim: fee}, queue: rapid}
"""
SILENCES = """\
- id: strike
  owner: gordon
  reason: a strike
  from: 2026-12-01
  to: 2026-12-07
  when: {file: visas}
"""


def problems(folder: Path, queues: str = QUEUES, silences: str = SILENCES, file: str = FILE) -> list[Problem]:
    (folder / "files").mkdir(exist_ok=True)
    texts = {"files/a.yaml": file, "people.yaml": PEOPLE, "queues.yaml": queues, "silences.yaml": silences}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "feeds.opml").write_text("<opml version='2.0'><body/></opml>", encoding="utf-8")
    try:
        read_policy(folder, {})
    except DeskInvalid as error:
        return list(error.problems)
    return []


def test_the_desk_that_is_bent_is_sound(tmp_path: Path) -> None:
    assert problems(tmp_path) == []


# What to write instead of what in queues.yaml, the line, and what is said.
ROUTING = [
    ("escalate: duty", "escalate: dutty", 2, "escalates to unknown queue 'dutty' (did you mean 'duty'?)"),
    ("duty: {", "duty: {escalate: rapid, ", 2, "escalates in a circle: rapid -> duty -> rapid (end the chain"),
    ("escalate: duty", "escalate: rapid", 2, "queue rapid escalates in a circle: rapid -> rapid"),
    ("escalate: duty", "escalate: duty, escalate_on: [late]", 2, "Input should be 'breach' or 'gap' (it is 'late')"),
    ("escalate: duty", "escalate: duty, escalate_on: gap", 2, "escalate_on is not a list: 'gap' (write it in [br"),
    ("escalate: duty", "escalate: duty, escalate_on: []", 2, "escalate_on is empty (write at least one"),
    ("escalate: duty", "escalate_on: [gap]", 2, "queue rapid escalates on something, but to nobody (add escalate"),
    ("  duty:", "  duty desk: {}\n  duty:", 3, "queue 'duty desk' cannot be the name of a topic (use letters"),
    ("acknowledge: 30m", "acknowledge: 0s", 2, "queue rapid: acknowledge is over at once (give it time"),
    ("draft: 2h", "draft: 20m", 2, "draft is due before acknowledge; both count from the opening of the item (make"),
    ("draft: 2h", "draft: 2h, approve: 1h", 2, "queue rapid: approve is due before draft"),
    ("draft: 2h", "approve: 5m", 2, "queue rapid: approve is due before acknowledge"),
    ("draft: 2h", "draft: soon", 2, "'soon' is not a duration; write for example 30s"),
    ("draft: 2h", "draft: 2h, answer: 3h", 2, "unknown key queues.rapid.clocks.answer (known: acknowledge"),
    ("draft: 2h", "draft: 2h, time: office", 2, "Input should be 'business' or 'calendar' (it is 'office')"),
    ("[policy]", "[polcy]", 2, "queue rapid: no discipline 'polcy' (did you mean"),
    ("duty: {", "duty: {hours: {days: mon-fry}, ", 3, "'mon-fry' is not a day or a range of days"),
    ("duty: {", "duty: {hours: {from: '17:00', to: '09:00'}, ", 3, "hours must end after they start"),
    ("duty: {", "duty: {hours: {holidays: Atlantis}, ", 3, "no holidays known for 'Atlantis' (write a country"),
    ("queue: duty}", "queue: dty}", 6, "route to unknown queue 'dty' (did you mean 'duty'?)"),
    ("  - {queue: duty}\n", "", 5, "the routes have no catch-all (end them with"),
    ("  - {queue: duty}\n", "  - {queue: duty}\n  - {queue: duty}\n", 6, "a catch-all before other routes hides them"),
    ("queue: rapid}\n  -", "queue: rapid, prio: high}\n  -", 5, "unknown key routes.0.prio (did you mean 'priority'?)"),
    ("queue: rapid}\n  -", "queue: rapid, priority: top}\n  -", 5, "routes.0.priority: Input should be 'low', '"),
    ("claim: true", "claims: true", 5, "unknown condition 'claims' (did you mean 'claim'?)"),
    ("claim: true", "claim: fees", 5, "no claim 'fees' (did you mean 'fee'?)"),
    ("claim: true", "claim: 3", 5, "claim: 3 is not a word or a list of words (write true, false or the id"),
    ("claim: true", "file: visa", 5, "no file 'visa' (did you mean 'visas'?)"),
    ("claim: true", "file: 'v?', claim: fee", 5, "no claim 'fee' in v? (known: none)"),
    ("claim: true", "language: english", 5, "language: 'english' is not the code of a language (write for example"),
    ("claim: true", "kind: old", 5, "kind: 'old' is not a kind of mention (write new or edited)"),
    ("claim: true", "score: high", 5, "score: 'high' is not a number (write a number, or {min"),
    ("claim: true", "score: {min: 3, max: 2}", 5, "no score is at least 3 and at most 2 (make min the smaller"),
    ("claim: true", "revision: 0", 5, "revision: 0 is not a whole number from 1 on"),
    ("claim: true", "mentions: 1.5", 5, "mentions: 1.5 is not a whole number from 1 on"),
    ("claim: true", "priority: higher", 5, "priority: 'higher' is not a priority (write low, normal, high or urgent)"),
    ("claim: true", "priority: {min: high, max: low}", 5, "no priority is at least high and at most low (make min"),
    ("claim: true", "spike: often", 5, "spike: 'often' is neither true nor false (write true or false)"),
    ("claim: true", "learned: 1", 5, "learned: 1 is neither true nor false"),
    ("claim: true", "site: 'https://cbc.ca/news'", 5, "'https://cbc.ca/news' is not a host (write a host such as"),
    ("claim: true", "gap: polcy", 5, "nobody could ever cover 'polcy' (did you mean 'policy'?)"),
    ("claim: true", "time: night", 5, "time takes days, from, to, tz and holidays, not 'night' (write for example"),
    ("claim: true", "time: {from: '8 am'}", 5, "time: '8 am' is not a time of day"),
    ("claim: true", "time: {from: '08:00', to: '08:00'}", 5, "time: the time begins when it ends"),
    ("claim: true", "time: {days: mon-fri, tz: Ontario}", 5, "time: 'Ontario' is not a time zone"),
    ("claim: true", "time: {days: mon-fri, holidays: CA-XX}", 5, "time: no holidays known for 'CA-XX'"),
    ('{"cbc-*": 1}', '{"https://cbc.ca": 1}', 7, "'https://cbc.ca' is neither a feed nor a site; write for example"),
    ('{"cbc-*": 1}', '{"cbc-*": much}', 7, "priority.reach.cbc-*: Input should be a valid number"),
    ('{reach: {"cbc-*": 1}}', "{thresholds: {high: 5}}", 7, "thresholds must rise: normal < high < urgent"),
    ('{reach: {"cbc-*": 1}}', "{weights: {claim: 1}}", 7, "unknown key priority.weights (known: claim"),
    ("window: 3h", "window: 90m", 8, "window must be whole hours, 1h to 24h"),
    ("window: 3h", "above: 2, below: 3", 8, "below must be under above"),
    ("window: 3h", "weeks: 1", 8, "spikes.weeks: Input should be greater than or equal to 2"),
    ("queue: rapid}\n", "queue: rapid, queues: [duty]}\n", 10, "exactly one of queue and queues"),
    ("file: visas, claim: fee}", "file: visas, kind: edited, time: noon}", 10, "tests.0.given.time: Input should be a"),
    ("claim: fee}", "claim: fee, away: [gordon], on_duty: [gordon]}", 10, "'gordon' is both on_duty and away"),
    ("claim: fee}", "revision: 2}", 10, "a new mention is revision 1; write kind: edited"),
    ("claim: fee}", "claim: fes}", 10, "test 1: no claim of visas 'fes' (did you mean 'fee'?)"),
    ("{file: visas, ", "{file: visa, ", 10, "test 1: no file 'visa' (did you mean 'visas'?)"),
    ("claim: fee}", "away: [gordo]}", 10, "test 1: no person 'gordo' (did you mean 'gordon'?)"),
    ("claim: fee}", "language: fr}", 10, "test 1 (visas) goes to duty, not to rapid (the path was route 2: always"),
    ("claim: fee}, queue: rapid", "claim: fee}, queue: rapid, priority: low", 10, "is high, not low (route 1: claim"),
    ("claim: fee}", "claim: fee}, gaps: [lead]", 10, "has no gaps, not the gaps lead (the path was route 1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line", "said"), ROUTING, ids=[row[1][:40].strip() or row[0] for row in ROUTING]
)
def test_each_mistake_of_queues_is_one_problem(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    text = QUEUES.replace("queue: rapid}\n", new.replace("\n  -", "\n"), 1) if old.endswith("\n  -") else ""
    text = text or (new.join(QUEUES.rsplit(old, 1)) if line == 10 else QUEUES.replace(old, new, 1))
    assert text != QUEUES
    found = problems(tmp_path, queues=text)
    assert [(one.file, one.line) for one in found] == [("queues.yaml", line)], found
    assert said in str(found[0]) and found[0].remedy


SILENT = [
    ("owner: gordon", "owner: gordo", 2, "strike: no person 'gordo' (did you mean 'gordon'?)"),
    ("  owner: gordon\n", "", 1, "0.owner is missing (add it)"),
    ("  reason: a strike\n", "", 1, "0.reason is missing (add it)"),
    ("reason: a strike", "reason: ''", 3, "0.reason: String should have at least 1 character"),
    ("  to: 2026-12-07\n", "", 1, "0.to is missing (add it)"),
    ("to: 2026-12-07", "to: 2026-12-07\n  until: 2026-12-08", 6, "unknown key 0.until (known: from, id, owner"),
    ("to: 2026-12-07", "to: 2026-11-30", 1, "a silence must end after it starts (from < to)"),
    ("to: 2026-12-07", "to: 2028-12-07", 1, "a silence lasts a year at most; renew it"),
    ("to: 2026-12-07", "to: never", 5, "0.to: 'never' is not a time; write for example"),
    ("to: 2026-12-07", "to: 20261207", 5, "20261207 is not a time; write for example 2027-01-31"),
    ("when: {file: visas}", "when: {}", 6, "0.when is empty (write at least one"),
    ("when: {file: visas}", "when: {file: visa}", 6, "no file 'visa' (did you mean 'visas'?)"),
    ("when: {file: visas}", "when: {fil: visas}", 6, "unknown condition 'fil' (did you mean 'file'?)"),
    ("when: {file: visas}", "when: {gap: nobody}", 6, "nobody could ever cover 'nobody'"),
    ("id: strike", "id: The Strike", 1, "0.id: String should match pattern"),
    (SILENCES, SILENCES + SILENCES, 7, "silence 'strike' appears twice (rename one)"),
    (SILENCES, "strike: {}\n", 1, "is not a list of silences (start each silence with '- id:')"),
]


@pytest.mark.parametrize(("old", "new", "line", "said"), SILENT)
def test_each_mistake_of_silences_is_one_problem(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    found = problems(tmp_path, silences=SILENCES.replace(old, new))
    assert {(one.file, one.line) for one in found} == {("silences.yaml", line)}, found
    assert len(found) == 1 and said in str(found[0]) and found[0].remedy, found


def test_a_sensitivity_is_one_of_three(tmp_path: Path) -> None:
    found = problems(tmp_path, file=FILE + "sensitivity: extreme\n")
    assert str(found[0]).startswith("files/a.yaml:4: sensitivity: Input should be 'low', 'normal' or 'high'")


def test_all_of_them_at_once(tmp_path: Path) -> None:
    queues = """\
queues:
  rapid: {requires: {disciplines: [polcy]}, clocks: {acknowledge: 30m, draft: 2m}, escalate: dutty}
  late: {clocks: {acknowledge: soon}}
  duty: {}
routes:
  - {when: {claims: true}, queue: rapid}
  - {when: {score: high}, queue: rpid}
  - {when: 3, queue: duty}
  - nonsense
  - {queue: duty}
priority: {claim: much}
spikes: {weeks: 0}
tests:
  - {given: {file: visas}}
"""
    silences = SILENCES.replace("gordon", "nobody") + SILENCES.replace("strike", "other").replace("visas", "visa")
    found = [(one.file, one.line) for one in problems(tmp_path, queues=queues, silences=silences)]
    assert found == [
        *[("queues.yaml", line) for line in (2, 2, 2, 3, 6, 7, 7, 8, 9, 11, 12, 14)],
        ("silences.yaml", 2),
        ("silences.yaml", 12),
    ]


def test_check_warns_of_what_works_but_is_hardly_meant(tmp_path: Path) -> None:
    route = "  - {when: {claim: fee}, queue: duty}\n  - {queue: duty}\n"
    queues = QUEUES.replace("  - {queue: duty}\n", route).replace("  duty:", "  lost: {}\n  duty:")
    assert problems(tmp_path, queues=queues) == []
    now = datetime(2026, 12, 8, 5, tzinfo=UTC)
    verdict = check(tmp_path, {}, lambda title, text, declared: "en", now=now)
    assert verdict.problems == () and verdict.tests == 1
    routing = [str(one) for one in verdict.warnings if one.file in ("queues.yaml", "silences.yaml")]
    assert routing == [
        "queues.yaml:3: queue lost: no route and no escalation leads to it (add a route, or remove it)",
        "queues.yaml:7: route 2 is never reached: route 1 takes all its mentions (put it before route 1, or take it"
        " out)",
        "silences.yaml:5: silence strike is over since 2026-12-08 05:00Z (take it out)",
    ]
    before = check(tmp_path, {}, lambda title, text, declared: "en", now=now - timedelta(microseconds=1))
    assert not [one for one in before.warnings if one.file == "silences.yaml"]


@pytest.mark.parametrize(
    "queues", ["[]\n", "queues: []\n", "queues: {}\nroutes: []\n", "queues: {a: {}}\n", "queues: {a: {}}\nroutes: {}\n"]
)
def test_where_nothing_can_be_read_that_is_said(tmp_path: Path, queues: str) -> None:
    found = problems(tmp_path, queues=queues)
    assert found and {one.file for one in found} == {"queues.yaml"} and all(one.remedy for one in found)
