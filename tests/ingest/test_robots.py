"""robots.txt: whose rules are ours, what an answer means, how long it is remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gordon.settings import Http
from ingest.http import Answer, Failure, Response
from ingest.robots import MOST_DELAY, MOST_LINES, Policy, Robots, policy, robots_url, verdict

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PAGE = "https://news.example/2026/budget"
RULES = b"User-agent: *\nDisallow: /private\nCrawl-delay: 7\n"


def answer(body: bytes = RULES, status: int = 200) -> Response:
    return Response(key="", status=status, url="", headers={}, body=body, wire=len(body), seconds=0.1)


def robots(settings: Http | None = None, *, most_origins: int = 2000, most_lines: int = 100_000) -> Robots:
    agent = "Gordon/0.1 (+feeds@desk.example)"
    return Robots(settings or Http(), agent, most_origins=most_origins, most_lines=most_lines)


def told(answer: Answer, now: datetime = NOW) -> Robots:
    asked = robots()
    asked.told(PAGE, answer, now)
    return asked


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (PAGE, "https://news.example/robots.txt"),
        ("http://user:secret@news.example:8080/a?b#c", "http://news.example:8080/robots.txt"),
        ("https://news.example", "https://news.example/robots.txt"),
        ("javascript:alert(1)", ""),
    ],
)
def test_each_origin_has_its_own_file(url: str, place: str) -> None:
    assert robots_url(url) == place


@pytest.mark.hostile(27)
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *((200, "refused"), (204, "refused"), (304, "allowed"), (401, "allowed"), (404, "allowed"), (410, "allowed")),
        *((429, "wait"), (500, "wait"), (503, "wait")),
    ],
)
def test_what_a_status_means(status: int, expected: str) -> None:
    found = policy(status, b"User-agent: *\nDisallow: /", "Gordon")
    assert verdict(found, "Gordon", PAGE) == expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("", "/a", "allowed"),
        ("User-agent: *\nDisallow: /a", "/a/b", "refused"),
        ("User-agent: *\nDisallow: /a", "/b", "allowed"),
        ("User-agent: *\nDisallow: /\nAllow: /news", "/news/1", "allowed"),
        ("User-agent: *\nDisallow: /*.pdf$", "/x.pdf", "refused"),
        ("User-agent: *\nDisallow:", "/a", "allowed"),
        ("User-agent: other\nDisallow: /", "/a", "allowed"),
        ("User-agent: other\nUser-agent: gordon\nDisallow: /", "/a", "refused"),
        ("User-agent: another\nUser-agent: other\nDisallow: /\n\nUser-agent: *\nDisallow: /b", "/a", "allowed"),
        ("User-agent: *\nDisallow: /\nUser-agent: GORDON/2.0 # reader\nAllow: /", "/a", "allowed"),
        ("User-agent: gordonsbot\nDisallow: /", "/a", "allowed"),
        ("\ufeffuser-agent:*\r\ndisallow:/é\r\n", "/%C3%A9t%C3%A9", "refused"),
        ("<html><body>Disallow: /</body></html>", "/a", "allowed"),
    ],
)
def test_whose_rules_are_ours(text: str, path: str, expected: str) -> None:
    found = policy(200, text.encode(), "Gordon")
    assert verdict(found, "Gordon", f"https://news.example{path}") == expected


@pytest.mark.hostile(27)
def test_a_huge_file_is_read_within_bounds() -> None:
    names = b"".join(b"user-agent:a%d\nallow:/%d\n" % (number, number) for number in range(30_000))
    found = policy(200, b"User-agent: *\nDisallow: /\n" + names, "Gordon")
    assert found.lines <= MOST_LINES
    assert verdict(found, "Gordon", PAGE) == "refused"


def test_the_file_is_asked_for_once_a_day() -> None:
    asked = told(answer())
    assert robots().verdict(PAGE, NOW) == "ask"
    assert asked.verdict(PAGE, NOW + timedelta(hours=23)) == "allowed"
    assert asked.verdict("https://news.example/private/x", NOW) == "refused"
    assert asked.verdict("https://other.example/", NOW) == "ask"
    assert asked.verdict(PAGE, NOW + timedelta(hours=24)) == "ask"


@pytest.mark.hostile(27)
@pytest.mark.parametrize("outcome", ["blocked", "unreachable"])
def test_a_site_that_cannot_say_is_left_alone_for_an_hour(outcome: str) -> None:
    asked = told(Failure(key="", outcome="blocked" if outcome == "blocked" else "unreachable", detail="down"))
    assert asked.verdict(PAGE, NOW + timedelta(minutes=59)) == "wait"
    assert asked.verdict(PAGE, NOW + timedelta(minutes=60)) == "ask"


def test_an_old_file_holds_while_the_site_cannot_say() -> None:
    asked = told(answer(b"User-agent: *\nDisallow: /"))
    asked.told(PAGE, answer(b"", 503), NOW + timedelta(days=1))
    assert asked.verdict(PAGE, NOW + timedelta(days=1)) == "refused"
    assert asked.verdict(PAGE, NOW + timedelta(days=1, hours=1)) == "ask"
    asked.told(PAGE, answer(b"", 503), NOW + timedelta(days=8))
    assert asked.verdict(PAGE, NOW + timedelta(days=8)) == "wait"


@pytest.mark.parametrize(("said", "seconds"), [("7", 7.0), ("0.5", 0.5), ("1e9", MOST_DELAY), ("-1", 0.0), ("x", 0.0)])
def test_a_crawl_delay_is_believed_within_reason(said: str, seconds: float) -> None:
    assert told(answer(f"User-agent: *\nCrawl-delay: {said}\n".encode())).crawl_delay(PAGE) == seconds


def test_no_delay_where_nothing_is_known_or_wanted() -> None:
    assert robots().crawl_delay(PAGE) == 0.0
    unasked = robots(Http(robots=False))
    unasked.told(PAGE, answer(), NOW)
    assert unasked.crawl_delay(PAGE) == 0.0
    assert unasked.verdict("https://news.example/private", NOW) == "allowed"


def test_what_is_no_address_is_refused() -> None:
    assert robots().verdict("file:///etc/hosts", NOW) == "refused"


def test_few_origins_and_few_lines_are_remembered() -> None:
    asked = robots(most_origins=3, most_lines=10)
    for number in range(9):
        asked.told(f"https://site{number}.example/", answer(), NOW)
    assert len(asked) == 3
    asked.told("https://long.example/", answer(b"User-agent: *\n" + b"Disallow: /x\n" * 50), NOW)
    assert len(asked) == 1
    assert asked.verdict("https://long.example/x", NOW) == "refused"
    asked.told("https://long.example/", answer(b"", 404), NOW)
    asked.told("https://site1.example/", answer(), NOW)
    assert len(asked) == 2


def test_a_policy_of_nothing_allows_everything() -> None:
    assert verdict(Policy(), "Gordon", PAGE) == "allowed"
