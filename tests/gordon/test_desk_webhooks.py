"""webhooks.yaml: every mistake at once, with its line; secrets are elsewhere, guarded, and never told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretBytes

from gordon.app.folder_watch import fingerprint
from gordon.app.hooks import hook_problems, ready_hooks
from gordon.app.policy import check
from gordon.desk.load import load_desk, read_desk
from gordon.errors import DeskInvalid
from tests.gordon.test_desk import write
from tests.gordon.webhook_samples import OTHER, SECRET, secret_file

GOOD = """\
- id: jira
  url: https://jira.example/hooks/gordon?project=12
  queues: [rapid, "d*"]
  changes: [opened, escalated]
  secrets: [{file: secrets/jira}, {env: JIRA_OLD}]
- {id: crm, url: "http://crm.example/", secrets: [{env: CRM}]}
"""
ENVIRON = {"JIRA_OLD": OTHER, "CRM": OTHER}


def refused(folder: Path, webhooks: str) -> list[str]:
    """The mistakes of this webhooks.yaml."""
    draft = read_desk(write(folder, webhooks=webhooks), {})
    found = draft.problems + hook_problems(draft.webhooks, draft.lines.get("webhooks.yaml", {}), folder, ENVIRON)[0]
    return [str(problem) for problem in sorted(found)]


def test_a_good_file_is_read_and_its_secrets_with_it(tmp_path: Path) -> None:
    secret_file(tmp_path)
    desk = load_desk(write(tmp_path, webhooks=GOOD), {})
    jira, crm = desk.webhooks
    assert jira.wants("rapid", "opened") and jira.wants("duty", "escalated")
    assert not jira.wants("rapid", "closed") and not jira.wants("other", "opened")
    assert crm.wants("anything", "grew")
    hooks = ready_hooks(desk, ENVIRON)
    assert [hook.id for hook in hooks] == ["jira", "crm"]
    assert [key.get_secret_value()[:8] for key in hooks[0].keys] == [b"a secret", b"another "]


def test_webhooks_do_not_change_the_version_of_the_policy_but_are_noticed(tmp_path: Path) -> None:
    before, seen = load_desk(write(tmp_path), {}).version, fingerprint(tmp_path)
    assert load_desk(write(tmp_path, webhooks=GOOD), {}).version == before
    assert fingerprint(tmp_path) != seen


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    text = """\
- id: Jira
  url: ftp://jira.example/
  secrets: [{file: a, env: B}]
- id: crm
  url: "https://us:er@crm.example/"
  queue: [rapid]
  secrets: []
- id: crm2
  url: "https://us:er@crm.example/"
  queues: [rapit]
  changes: [created]
  secrets: [{env: CRM}]
- id: crm2
  url: mailto:somebody
  queues: [rapit]
  secrets: [{env: "9"}]
- {id: crm3, url: "https://us:er@crm.example/", queues: [rapit], secrets: [{env: CRM}]}
- {id: crm3, url: "gopher://crm.example/", secrets: [{env: CRM}]}
"""
    found = refused(tmp_path, text)
    for words in (
        "webhooks.yaml:1: 0.id:",
        "webhooks.yaml:3: 0.secrets.0: write either file: or env:",
        "webhooks.yaml:6: unknown key 1.queue (did you mean 'queues'?)",
        "webhooks.yaml:7: 1.secrets is empty",
        "webhooks.yaml:11: 2.changes.0:",
        "webhooks.yaml:16: 3.secrets.0.env:",
        "webhooks.yaml:17: crm3: no queue 'rapit' (did you mean 'rapid'?)",
        "webhooks.yaml:17: crm3: url: a user or password stands in it",
        "webhooks.yaml:18: webhook 'crm3' appears twice",
        "webhooks.yaml:18: crm3: url: scheme 'gopher' is refused",
    ):
        assert any(line.startswith(words) for line in found), (words, found)
    assert "us:er" not in "".join(found)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"- id: a\n  url: https://a.example/\n  secrets:\n    - {SECRET}\n", 4),
        (f"- id: a\n  url: https://a.example/\n  secrets: {SECRET}\n", 3),
        ("- id: a\n  url: https://a.example/\n  secrets: [hunter2]\n", 3),
        ("- id: a\n  url: https://a.example/\n  secret: hunter2\n", 3),
        (f"- id: a\n  url: https://a.example/\n  secrets: [{{file: {SECRET}}}]\n", 3),
        (f"- id: a\n  url: https://a.example/\n  secrets: [{{value: {SECRET}}}]\n", 3),
        (f"- id: a\n  url: https://a.example/?s={SECRET}\n  secrets: [{{env: A}}]\n", 2),
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, text: str, line: int) -> None:
    (found,) = refused(tmp_path, text)
    assert found.startswith(f"webhooks.yaml:{line}: a secret stands here (take it out")
    assert SECRET not in found and "hunter2" not in found


@pytest.mark.parametrize("text", ["id: a\n", "a secret\n"])
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    (found,) = refused(tmp_path, text)
    assert found.startswith("webhooks.yaml:1: is not a list of webhooks")


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (SECRET, 0o604, "everybody may read it"),
        (SECRET, 0o644, "everybody may read it"),
        ("hunter2hunter2", 0o600, "does not begin with whsec_"),
        ("whsec_c2hvcnQ=", 0o600, "5 bytes"),
        ("whsec_été", 0o600, "not plain text"),
    ],
)
def test_a_secret_that_cannot_do_is_a_mistake(tmp_path: Path, content: str, mode: int, words: str) -> None:
    secret_file(tmp_path, content, mode=mode)
    (found,) = refused(tmp_path, "- {id: a, url: 'https://a.example/', secrets: [{file: secrets/jira}]}\n")
    assert found.startswith("webhooks.yaml:1: a: file secrets/jira: ") and words in found
    assert content.removeprefix("whsec_") not in found


def test_a_folder_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (found,) = refused(tmp_path, "- {id: a, url: 'https://a.example/', secrets: [{file: secrets}]}\n")
    assert "it is a folder" in found


def test_a_secret_that_is_not_here_is_a_warning_for_most_and_a_mistake_for_the_relay(tmp_path: Path) -> None:
    write(tmp_path, webhooks=GOOD)
    secret_file(tmp_path, name="other")
    verdict = check(tmp_path, {}, lambda title, text, hint: "en", now=datetime.now(UTC))
    mistakes = [problem for problem in verdict.problems if problem.file == "webhooks.yaml"]
    told = [str(problem) for problem in verdict.warnings if problem.file == "webhooks.yaml"]
    assert not mistakes and len(told) == 4
    assert told[0].startswith("webhooks.yaml:5: jira: environment variable JIRA_OLD: is not set (put a secret there")
    assert told[1].startswith("webhooks.yaml:5: jira: file secrets/jira: is not there")
    assert "what is posted over http can be read on the way (use https)" in "".join(told)
    with pytest.raises(DeskInvalid) as caught:
        ready_hooks(load_desk(tmp_path, {}), {})
    assert len(caught.value.problems) == 3 and all(problem.line for problem in caught.value.problems[:2])


def test_keys_do_not_show_themselves(tmp_path: Path) -> None:
    (hook,) = ready_hooks(
        load_desk(write(tmp_path, webhooks="- {id: a, url: 'https://a.example/', secrets: [{env: A}]}\n"), {}),
        {"A": SECRET},
    )
    assert isinstance(hook.keys[0], SecretBytes) and "a secret of" not in f"{hook} {hook!r}"
