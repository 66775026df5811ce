"""Secrets: from files of their own, refused where everybody may read them, and hidden in what is said."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gordon.app.connect import kafka_settings
from gordon.errors import DeskInvalid
from gordon.secret_settings import passwords, secret_places, secret_values
from gordon.secrets import LEAST_HIDDEN, MOST, Veil, exposed, read_secret
from gordon.settings import Settings, read_settings, where_set

CANARY = "tr0ub4dor&é"


def put(folder: Path, name: str, text: str | bytes, mode: int = 0o640) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    return path


def told(folder: Path, **environ: str) -> list[str]:
    """The mistakes in the settings of a folder, none of which repeats the secret."""
    problems = [str(problem) for problem in read_settings(folder, environ)[1]]
    assert not any(CANARY in problem for problem in problems)
    return problems


def test_secrets_come_from_files_relative_or_not(tmp_path: Path) -> None:
    put(tmp_path, "secrets/db", f"postgresql://gordon:{CANARY}@h/d\n")
    put(tmp_path, "elsewhere/sasl", f"{CANARY}\r\n")
    put(tmp_path, "elsewhere/key", CANARY)
    put(tmp_path, "gordon.toml", 'database_file = "secrets/db"\n[kafka]\nssl_password_file = "elsewhere/key"\n', 0o644)
    environ = {"GORDON_KAFKA__SASL_PASSWORD_FILE": str(tmp_path / "elsewhere/sasl")}
    settings, problems = read_settings(tmp_path, environ)
    assert problems == []
    assert settings.database_url(tmp_path) == f"postgresql://gordon:{CANARY}@h/d"
    assert (kafka_settings(settings).sasl_password, kafka_settings(settings).ssl_password) == (CANARY, CANARY)
    assert CANARY not in repr(settings)
    assert set(secret_values(settings)) == {CANARY}
    assert where_set(tmp_path, environ, ("database",)) == ("gordon.toml", 1)


def test_every_secret_has_its_file() -> None:
    places = [".".join(place) for place in secret_places(Settings)]
    assert places == ["database", "kafka.sasl_password", "kafka.ssl_password"]


def test_both_forms_are_a_mistake(tmp_path: Path) -> None:
    put(tmp_path, "sasl", CANARY)
    put(tmp_path, "gordon.toml", f'[kafka]\nsasl_password = "{CANARY}"\nsasl_password_file = "sasl"\n')
    assert told(tmp_path) == [
        "gordon.toml:3: both kafka.sasl_password and kafka.sasl_password_file are given (take one of them out)"
    ]


def test_a_file_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, "db", f"postgresql://gordon:{CANARY}@h/d", 0o644)
    found = told(tmp_path, GORDON_DATABASE_FILE="db")
    assert found == [
        "environment variable GORDON_DATABASE_FILE: database_file: holds a secret, and everybody may read it"
        f" (change the secret, and: chmod o-r {path})"
    ]
    path.chmod(0o440)
    assert told(tmp_path, GORDON_DATABASE_FILE="db") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f'\n[kafka]\nsasl_password = "{CANARY}"\n', 3),
        (f'database = "postgresql://gordon:{CANARY}@h/d"\n', 1),
        (f'database = "postgresql://h/d?password={quote(CANARY)}"\n', 1),
    ],
)
def test_settings_with_a_password_that_everybody_may_read_are_refused(tmp_path: Path, text: str, line: int) -> None:
    path = put(tmp_path, "gordon.toml", text, 0o644)
    (problem,) = told(tmp_path)
    assert problem.startswith(f"gordon.toml:{line}: ") and "everybody may read it" in problem
    assert f"chmod o-r {path}" in problem
    path.chmod(0o600)
    assert told(tmp_path) == []


def test_an_address_without_a_password_is_no_secret(tmp_path: Path) -> None:
    put(tmp_path, "gordon.toml", 'database = "postgresql://gordon@h/d"\n', 0o644)
    assert told(tmp_path) == []


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda path: None, "there is no file"),
        (lambda path: path.mkdir(), "cannot be read: Is a directory"),
        (lambda path: put(path.parent, path.name, b"\xff\xfe" + CANARY.encode("utf-16")), "is not plain text"),
        (lambda path: put(path.parent, path.name, "\n"), "is empty"),
        (lambda path: put(path.parent, path.name, f"{CANARY}\nmore\n"), "more than one line"),
        (lambda path: put(path.parent, path.name, CANARY * MOST), "more than one line"),
    ],
)
def test_what_is_no_secret_is_refused_without_repeating_it(tmp_path: Path, make: object, what: str) -> None:
    make(tmp_path / "sasl")  # type: ignore[operator]  # one of the functions above
    with pytest.raises(DeskInvalid, match=what) as caught:
        read_secret(tmp_path / "sasl", "the secret")
    assert CANARY not in str(caught.value)
    assert caught.value.exit_code == 78


def test_a_mistake_in_a_secret_does_not_repeat_it(tmp_path: Path) -> None:
    put(tmp_path, "gordon.toml", "[kafka]\nsasl_password = 40711\n")
    (problem,) = told(tmp_path)
    assert "kafka.sasl_password" in problem and "40711" not in problem


def test_only_the_bit_of_everybody_counts() -> None:
    assert [mode for mode in (0o600, 0o640, 0o660, 0o771, 0o644, 0o604, 0o666) if exposed(mode)] == [
        0o644,
        0o604,
        0o666,
    ]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("postgresql://u:p%40ss@h/d", ["p%40ss", "p@ss"]),
        ("postgresql://u:pass@h/d", ["pass"]),
        ("postgresql://u@h/d?password=a%20b&sslpassword=c", ["a b", "c"]),
        ("sqlite:///x", []),
        ("postgresql://[broken", []),
    ],
)
def test_the_passwords_of_an_address(address: str, found: list[str]) -> None:
    assert passwords(address) == found


@given(st.text(min_size=LEAST_HIDDEN, max_size=30).filter(lambda text: not set(text) <= {"*"}))
def test_a_hidden_secret_shows_in_none_of_its_forms(secret: str) -> None:
    veil = Veil()
    veil.hide([secret])
    for form in (secret, quote(secret, safe=""), json.dumps(secret), repr(secret), ascii(secret)):
        inner = form[1:-1] if form[:1] in "\"'" and form[:1] == form[-1:] else form
        assert veil.over(f"before {inner} after") == "before *** after"


def test_a_secret_within_a_secret_leaves_no_rest() -> None:
    veil = Veil()
    veil.hide(["secret-word"])
    veil.hide(["my-secret-word-too", "short"])
    assert veil.over("my-secret-word-too, secret-word, short") == "***, ***, short"


def test_nothing_is_changed_where_nothing_is_hidden() -> None:
    assert Veil().over("all of it") == "all of it"
