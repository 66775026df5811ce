"""What a feed says about itself: when to come again, its WebSub hub. Checked and bounded."""

from __future__ import annotations

import pytest

from gordon.polling import Hints
from ingest.kinds import parse
from ingest.kinds.hints import hints
from ingest.kinds.push import hub_and_topic
from ingest.raw import Document, RawFeed

DAY = 86400.0


def feed_of(text: str, url: str = "https://blog.example/feed") -> RawFeed:
    found = parse(Document(body=text.encode(), url=url))
    assert isinstance(found, RawFeed)
    return found


def rss(head: str, attributes: str = "") -> str:
    item = "<item><guid>1</guid><hour>5</hour><skipHours><hour>6</hour></skipHours></item>"
    return f'<rss version="2.0"{attributes}><channel><title>t</title>{head}{item}</channel></rss>'


SKIPS = "<skipHours><hour>0</hour><hour>24</hour><hour> 3 </hour><hour>x</hour><hour>25</hour></skipHours>"
DAYS = "<skipDays><day>Sunday</day><day>monday</day><day>Someday</day></skipDays>"
SY = ' xmlns:s="http://purl.org/rss/1.0/modules/syndication/"'
UNKNOWN = ' xmlns:syn="http://syndication.example/"'


@pytest.mark.parametrize("suffix", ["", "<unclosed>"], ids=["sound", "broken"])
def test_hints_in_the_body(suffix: str) -> None:
    text = rss(f"<ttl>90</ttl>{SKIPS}{DAYS}<s:updatePeriod>daily</s:updatePeriod>", SY) + suffix
    assert feed_of(text).hints == Hints(ttl=5400.0, period=DAY, skip_hours=(0, 3), skip_days=(0, 6))


PERIODS = {
    "twice a day": ("<s:updatePeriod> Daily </s:updatePeriod><s:updateFrequency>2</s:updateFrequency>", DAY / 2),
    "the period alone": ("<s:updatePeriod>weekly</s:updatePeriod>", 7 * DAY),
    "the frequency alone": ("<s:updateFrequency>24</s:updateFrequency>", 3600.0),
    "bounded": ("<s:updatePeriod>yearly</s:updatePeriod>", 30 * DAY),
    "unknown": ("<s:updatePeriod>sometimes</s:updatePeriod>", 0.0),
    "never": ("<s:updatePeriod>hourly</s:updatePeriod><s:updateFrequency>0</s:updateFrequency>", 0.0),
    "negative": ("<s:updatePeriod>hourly</s:updatePeriod><s:updateFrequency>-2</s:updateFrequency>", 0.0),
    "empty": ("<s:updatePeriod/>", 0.0),
}


@pytest.mark.parametrize("name", PERIODS)
@pytest.mark.parametrize("attributes", [SY, UNKNOWN.replace("syn", "s")], ids=["known", "unknown"])
def test_the_syndication_module_under_any_name(name: str, attributes: str) -> None:
    head, seconds = PERIODS[name]
    assert feed_of(rss(head, attributes)).hints == Hints(period=seconds)


@pytest.mark.parametrize("ttl", ["0", "-5", "1e9", "soon", "", "9" * 400, "٣", "1.5"])
def test_a_ttl_that_is_none_is_left_out(ttl: str) -> None:
    assert feed_of(rss(f"<ttl>{ttl}</ttl>")).hints == Hints()


def test_hints_are_bounded() -> None:
    assert feed_of(rss("<ttl>99999999</ttl>")).hints.ttl == 30 * DAY
    every_hour = [str(hour) for hour in range(24)]
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    assert hints({}, every_hour, days) == Hints()
    assert hints({}, every_hour[1:], days[:6]) == Hints(skip_hours=tuple(range(1, 24)), skip_days=tuple(range(6)))
    assert hints({"ttl": 5, "sy_updateperiod": ["daily"]}, ["1" * 50, "-1"], [""]) == Hints()
    assert len(feed_of(rss("<skipHours>" + "<hour>2</hour>" * 5000 + "</skipHours>")).hints.skip_hours) == 1


def test_hub_and_topic_of_rss_and_atom() -> None:
    links = '<{0}link rel="hub" href="//hub.example/"/><{0}link rel="self" href="/feed?a=1&amp;b=2"/>'
    wanted = ("https://hub.example/", "https://blog.example/feed?a=1&b=2")
    found = feed_of(rss(links.format("a:"), ' xmlns:a="http://www.w3.org/2005/Atom"'))
    assert (found.hub, found.topic) == wanted
    entry = '<entry><id>1</id><link rel="hub" href="https://entry.example/"/></entry>'
    found = feed_of(f'<feed xmlns="http://www.w3.org/2005/Atom">{links.format("")}{entry}</feed>')
    assert (found.hub, found.topic) == wanted
    assert feed_of(f'<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>{entry}</feed>').hub == ""


def test_only_web_addresses_are_hubs() -> None:
    links = [
        {"rel": "hub", "href": "javascript:x"},
        {"rel": "HUB alternate", "href": "https://second.example/"},
        {"rel": "hub", "href": "https://third.example/"},
        {"rel": None},
        {"rel": "self"},
        {"rel": "self", "href": "http://[bad"},
        "self",
    ]
    assert hub_and_topic(links, "https://blog.example/feed") == ("https://second.example/", "")
    assert hub_and_topic(None, "") == hub_and_topic({}, "") == ("", "")


def test_hubs_of_a_json_feed() -> None:
    def hub(hubs: str) -> tuple[str, str]:
        feed = feed_of(f'{{"version": "https://jsonfeed.org/version/1.1", "feed_url": "/f", "hubs": {hubs}}}')
        return feed.hub, feed.topic

    topic = "https://blog.example/f"
    known = '{"type": "WebSub", "url": "https://hub.example/"}'
    assert hub(f'[1, {{"type": "rssCloud", "url": "https://c.example/"}}, {known}]') == ("https://hub.example/", topic)
    assert hub('[{"type": "WebSub", "url": 5}]') == hub('"x"') == hub("[]") == ("", topic)
