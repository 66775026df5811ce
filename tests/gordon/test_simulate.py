"""gordon simulate: what it says of each kind of change, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from gordon.errors import DeskInvalid, NotFound
from gordon.records import RouteWrites
from store.life_tables import file_hours
from store.route import Route as RouteStore
from tests.databases import new_sqlite
from tests.gordon.test_cli import gordon
from tests.route.route_desk import PEOPLE, QUEUES, mention
from tests.route.route_simulate import MORNING, PASSPORTS, PLAIN, TIMES, Stand, changed, stories


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """With an empty store."""
    database = new_sqlite(tmp_path / "gordon.db")
    yield Stand(tmp_path, database.name, database)
    database.close()


@pytest.fixture
def busy(stand: Stand) -> Stand:
    """With mentions."""
    stand.record(stories())
    return stand


def test_a_changed_rule(busy: Stand) -> None:
    busy.change("files/passport-services.yaml", PLAIN.replace("passport* OR passeport*", "salmon OR flood*"))
    found = busy.found("--examples", "3")
    assert not found["same"] and found["before"] != found["after"]
    (row,) = changed(found, "tags")
    assert (row["file"], row["before"], row["after"], row["added"], row["lost"]) == ("passport-services", 3, 3, 1, 1)
    assert [one["mention"] for one in row["added_examples"] + row["lost_examples"]] == ["salmon", "fees"]
    assert changed(found, "issues") == [] and found["difference"]["reroutes"] == []
    (queue,) = changed(found, "queues")
    assert (queue["queue"], queue["moved_in"], queue["moved_out"]) == ("duty-desk", 1, 1)
    assert (queue["arriving"], queue["leaving"]) == (1, 1)


def test_a_new_claim(busy: Stand) -> None:
    busy.change("files/passport-services.yaml", PASSPORTS)
    found = busy.found()
    assert changed(found, "tags") == []
    (claim,) = changed(found, "claims")
    assert (claim["claim"], claim["before"], claim["added"]) == ("fee-doubles", 0, 1)
    (row,) = found["difference"]["reroutes"]
    assert (row["queues_before"], row["queues_after"]) == (["duty-desk"], ["rapid-correction"])
    queues = {row["queue"]: (row["moved_in"], row["moved_out"]) for row in changed(found, "queues")}
    assert queues == {"rapid-correction": (1, 0), "duty-desk": (0, 1)}


def test_a_story_that_begins_with_another_mention_is_the_same_work(busy: Stand) -> None:
    busy.change("files/passport-services.yaml", PLAIN + "exclude: [{id: first, query: 'title:closes'}]\n")
    found = busy.found()
    (row,) = changed(found, "tags")
    assert (row["added"], row["lost"]) == (0, 1)
    assert changed(found, "issues") == [] and found["difference"]["teams"] == []
    (queue,) = changed(found, "queues")
    assert (queue["moved_in"], queue["moved_out"], queue["leaving"]) == (0, 0, 1)


def test_a_changed_roster(busy: Stand) -> None:
    """Gordon is away in the other one, and noor wears another hat."""
    people = PEOPLE.replace("[web-communications]", "[web-communications, communications]")
    busy.change(
        "people.yaml", people.replace("  capacity", "  away: [{from: 2024-11-01, to: 2024-11-30}]\n  capacity", 1)
    )
    found = busy.found()
    assert changed(found, "tags") == changed(found, "issues") == [] and found["difference"]["reroutes"] == []
    teams = [(row["file"], row["before"], row["after"], row["items"]) for row in found["difference"]["teams"]]
    assert teams == [("passport-services", ["gordon"], ["noor"], 2), ("rural-broadband", ["gordon"], ["noor"], 1)]
    load = {row["person"]: (row["items_before"], row["items_after"]) for row in changed(found, "load")}
    assert load == {"gordon": (3, 0), "noor": (0, 3)}
    done = busy.run()
    assert "Items that others get" in done.stdout and "Files" not in done.stdout


def test_nobody_left(busy: Stand) -> None:
    busy.change("people.yaml", PEOPLE.replace("[policy, communications]", "[policy]"))
    gaps = {row["file"]: (row["need"], row["before"], row["after"]) for row in changed(busy.found(), "gaps")}
    assert gaps == {"passport-services": ("communications", 0, 2), "rural-broadband": ("communications", 0, 1)}
    assert "communications  0             2      new" in busy.run().stdout


def test_changed_queues_priorities_and_clocks(busy: Stand) -> None:
    last = "  - {queue: duty-desk}"
    queues = QUEUES.replace(last, '  - {when: {file: "rural-*"}, queue: watch, priority: high}\n' + last)
    busy.change("queues.yaml", queues.replace("acknowledge: 4h", "acknowledge: 5h"))
    found = busy.found()
    (row,) = found["difference"]["reroutes"]
    assert (row["queues_before"], row["queues_after"], row["mentions"]) == (["duty-desk"], ["watch"], 1)
    assert [one["mention"] for one in row["examples"]] == ["accordion"]
    by_queue = {row["queue"]: row for row in changed(found, "queues")}
    assert by_queue["duty-desk"]["clocks"] == 2 and by_queue["watch"]["moved_in"] == 1
    done = busy.run()
    assert "Mentions that go elsewhere" in done.stdout and "Minister marries accordion champion" in done.stdout


def test_another_priority(busy: Stand) -> None:
    busy.change("queues.yaml", QUEUES.replace("{queue: duty-desk}", "{queue: duty-desk, priority: low}"))
    found = busy.found()
    (row,) = found["difference"]["priorities"]
    assert (row["before"], row["after"], row["items"], len(row["examples"])) == ("normal", "low", 3, 1)
    assert busy.run("--exit-code").exit_code == 1 and busy.run().exit_code == 0


def test_a_silence(busy: Stand) -> None:
    when = "from: 2024-11-17, to: 2024-11-19"
    busy.change(
        "silences.yaml", f"- {{id: wedding, owner: gordon, reason: x, when: {{file: rural-broadband}}, {when}}}\n"
    )
    found = busy.found()
    assert found["difference"]["totals"]["silenced"] == {"before": 0, "after": 1}
    (row,) = found["difference"]["silences"]
    assert (row["silence"], row["before"], row["after"]) == ("wedding", 0, 1)
    (row,) = found["difference"]["reroutes"]
    assert row["silence_after"] == "wedding" and row["queues_after"] == []
    assert "silence wedding" in busy.run().stdout


def test_who_is_on_duty_is_known_by_the_time_at_which_a_mention_was_found(stand: Stand) -> None:
    """By day and by night: the other desk's gordon works by day only."""
    stand.record([*stories()[:1], mention("night", "Passport printed at night", seen=MORNING + timedelta(hours=12))])
    hours = '  hours: {tz: America/Toronto, days: mon-fri, from: "08:00", to: "17:00"}\n  capacity'
    stand.change("people.yaml", PEOPLE.replace("  capacity", hours, 1))
    (row,) = stand.found()["difference"]["teams"]
    assert (row["before"], row["after"], row["items"], row["examples"][0]["mention"]) == (["gordon"], [], 1, "night")


def test_what_was_usual_before_is_known(stand: Stand) -> None:
    """Three quiet weeks, then eight mentions in an hour."""
    with RouteStore(stand.database).transaction() as transaction:
        transaction.write("route", RouteWrites(hours=(("passport-services", MORNING - timedelta(weeks=3)),)))
    burst = [mention(f"{n}", f"Passport {n}", seen=MORNING + timedelta(minutes=5 * n)) for n in range(8)]
    stand.record(burst)
    stand.change("queues.yaml", QUEUES.replace("routes:\n", "routes:\n  - {when: {spike: true}, queue: watch}\n"))
    (row,) = stand.found()["difference"]["reroutes"]
    assert row["queues_after"] == ["watch"] and 0 < row["mentions"] < 8
    with stand.database.writing() as connection:
        connection.execute(delete(file_hours))
    assert stand.found()["difference"]["reroutes"] == []


def test_load_is_what_people_have_in_hand(busy: Stand) -> None:
    """Three items, the first and the last of them three hours apart."""
    most = {"0s": 1, "90m": 2, "1d": 3}
    for work, number in most.items():
        found = busy.found("--work", work)
        rows = {row["person"]: (row["items_before"], row["most_before"]) for row in found["difference"]["load"]}
        assert rows["gordon"] == (3, number), work


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--since", "2999-01-01"], "lies in the future"),
        (["--since", "7d", "--until", "2999-01-01"], "lies in the future"),
        (["--since", "2024-11-19", "--until", "2024-11-18"], "must be before --until"),
        (["--since", "yesterday"], "neither a time nor a span"),
        (["--since", "2024"], "neither a time nor a span"),
        (["--since", "99999999w"], "neither a time nor a span"),
        (["--since", "7d", "--work", "soon"], "is not a duration"),
        (["--since", "7d", "--work", "500d"], "between"),
    ],
)
def test_times_that_make_no_sense(stand: Stand, options: list[str], said: str) -> None:
    done = stand.run(*options)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_a_store_without_mentions_of_that_time(stand: Stand) -> None:
    done = stand.run()
    assert isinstance(done.exception, NotFound) and "the store holds none yet" in str(done.exception)
    stand.record(stories())
    done = stand.run("--since", "2024-01-01", "--until", "2024-02-01")
    assert isinstance(done.exception, NotFound) and "the last one was found 2024-11-18 19:00Z" in str(done.exception)


def test_a_broken_desk_is_refused_with_its_mistakes(busy: Stand) -> None:
    busy.change("people.yaml", PEOPLE + "- id: gordon\n  disciplines: [policy]\n")
    busy.change("files/passport-services.yaml", PLAIN.replace("passport* OR passeport*", "passport* OR ("))
    done = busy.run()
    assert isinstance(done.exception, DeskInvalid)
    files = [problem.file for problem in done.exception.problems]
    assert files == [str(busy.other / "files" / "passport-services.yaml"), str(busy.other / "people.yaml")]


def test_so_is_a_broken_desk_in_force(busy: Stand) -> None:
    busy.write(busy.present, "people.yaml", "- id: 7\n")
    done = busy.run()
    assert isinstance(done.exception, DeskInvalid)
    assert {problem.file for problem in done.exception.problems} == {str(busy.present / "people.yaml")}


def test_a_folder_that_is_no_desk(busy: Stand, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = busy.run("--against", str(tmp_path / "empty"))
    assert isinstance(done.exception, DeskInvalid)
    (problem,) = done.exception.problems
    assert problem.file == str(tmp_path / "empty") and "--against" in problem.remedy
    busy.other = tmp_path / "nowhere"
    done = busy.run()
    assert isinstance(done.exception, DeskInvalid)
    (problem,) = done.exception.problems
    assert (problem.file, problem.message) == (str(busy.other), "is not a folder")


def test_as_a_process_it_leaves_no_file_behind(busy: Stand, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    desks = {"GORDON_DATABASE": busy.url, "GORDON_DESK": str(busy.present), "TMPDIR": str(tmp_path / "temporary")}
    done = gordon("simulate", *TIMES, desk=busy.other, **desks)
    assert done.returncode == 0 and "nothing would differ" in done.stdout
    busy.change("queues.yaml", "queues: 1\n")
    done = gordon("simulate", *TIMES, desk=busy.other, **desks)
    assert done.returncode == 78 and "queues.yaml:1: " in done.stderr and done.stdout == ""
    assert list((tmp_path / "temporary").iterdir()) == []
