"""The demo desk: it holds, its blogs are as mixed as promised, and its posts are tagged as their authors mean."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path

import feedparser
import pytest

from classify.compile import compile_engine, places
from classify.engine import Engine
from classify.matchers.spacy_runtime import Pipelines
from classify.selftest import run_tests, sample
from gordon.demo.blogs import Blog, Post, posts_at, read_blogs
from gordon.demo.pages import wrong_ports
from gordon.demo.site import Origin
from gordon.desk.load import Desk, load_desk, read_desk
from gordon.events import Mention
from gordon.language import Detector
from ingest import opml
from ingest.kinds import parse
from ingest.raw import Document, RawFeed

DEMO = Path(__file__).parents[2] / "deploy/desks/demo"
FILES = {"passport-services", "parental-benefits", "rural-broadband", "salmon-licence"}
START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
PACE = 10.0
END = START + timedelta(minutes=15)


@dataclass(frozen=True)
class Meant:
    """A post as readers see it, with what its author meant it to be."""

    blog: Blog
    name: str
    title: str
    text: str
    story: str
    expect: frozenset[str]
    claims: frozenset[str]


@pytest.fixture(scope="module")
def desk() -> Desk:
    assert read_desk(DEMO, {}).problems == []
    return load_desk(DEMO, {})


@pytest.fixture(scope="module")
def blogs() -> tuple[Blog, ...]:
    found, problems = read_blogs(DEMO / "blogs")
    assert problems == []
    return found


@pytest.fixture(scope="module")
def engine(desk: Desk) -> Engine:
    engine, problems = compile_engine(desk.files, places(desk.sources, desk.lines), Pipelines())
    assert engine is not None and problems == []
    return engine


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


@pytest.fixture
def origin(desk: Desk, blogs: tuple[Blog, ...]) -> Origin:
    assert desk.settings.demo is not None
    return Origin(blogs=blogs, start=START, pace=PACE, base=f"http://127.0.0.1:{desk.settings.demo.port}")


def meant(blogs: tuple[Blog, ...]) -> Iterator[Meant]:
    """Every post as it first appears."""
    for blog in blogs:
        as_published = blog.model_copy(update={"edits": ()})
        posts = {post.name: post for post in posts_at(as_published, start=START, pace=PACE, now=END)}
        for told in (*blog.posts, *blog.later):
            post = posts[told.id]
            text = "\n\n".join(post.paragraphs)
            expect, claims = frozenset(told.expect), frozenset(told.claims)
            yield Meant(blog, told.id, post.title, text, told.story, expect, claims)


def mention(title: str, text: str, detector: Detector, declared: str) -> Mention:
    return sample(title, text, detector.detect(title, text, declared))


def outcome(engine: Engine, seen: Mention) -> tuple[set[str], set[str]]:
    """Files and claims."""
    tags = engine.tag(seen)
    return {tag.file for tag in tags}, {hit.claim for hit in engine.claims(seen, tags)}


def test_its_files_pass_their_own_tests(desk: Desk, engine: Engine, detector: Detector) -> None:
    assert {entry.file for entry in desk.files} == FILES
    problems = run_tests(engine, desk.files, places(desk.sources, desk.lines), detector.detect)
    assert [str(problem) for problem in problems] == []


def test_each_file_is_bilingual_and_has_what_a_policy_officer_wants_to_see(desk: Desk) -> None:
    for entry in desk.files:
        assert entry.title.en and entry.title.fr and entry.messages.en and entry.messages.fr
        assert {"en", "fr"} <= {rule.lang for rule in entry.rules} and entry.exclude
        kinds = {kind for rule in entry.rules for kind in ("query", "phrases", "pattern") if getattr(rule, kind)}
        assert kinds == {"query", "phrases", "pattern"}
        assert {must.lang for must in entry.tests.must} >= {"en", "fr"} and entry.tests.must_not
        for claim in entry.claims:
            assert claim.says.en and claim.says.fr and claim.line.en and claim.line.fr
            assert claim.line.approved_by in {person.id for person in desk.people}
            assert claim.line.source.startswith("https://") and claim.line.expires and claim.line.expires.year >= 2027


def test_somebody_is_always_on_duty_but_not_for_everything(desk: Desk) -> None:
    always = [person for person in desk.people if person.hours is None]
    hats = {hat for person in always for hat in person.disciplines}
    assert {"policy", "communications", "web-communications", "media-relations"} <= hats
    leads = {
        file: [person for person in desk.people if file in person.files and person.files[file].expertise == "lead"]
        for file in FILES
    }
    assert any(person.hours is None for person in leads["passport-services"])
    assert all(person.hours for person in leads["salmon-licence"]), "a gap outside office hours"
    expired = [person.files["rural-broadband"].until for person in leads["rural-broadband"]]
    assert expired and all(until and until < START.date() for until in expired), "no Gordon"


def test_the_blogs_are_as_many_and_as_mixed_as_promised(blogs: tuple[Blog, ...]) -> None:
    assert len(blogs) >= 10 and {blog.language for blog in blogs} == {"en", "fr"}
    assert {blog.kind for blog in blogs} == {"rss2", "rss1", "rss091", "atom", "json"}
    assert any(blog.charset == "iso-8859-1" and blog.language == "fr" for blog in blogs)
    assert 75 <= sum(len(blog.posts) for blog in blogs) <= 90
    shares = Counter(blog.language for blog in blogs for _ in blog.posts)
    assert min(shares.values()) >= 30


def test_news_comes_all_the_time(blogs: tuple[Blog, ...]) -> None:
    moments = sorted(step.after for blog in blogs for step in (*blog.later, *blog.edits))
    assert moments[0] * PACE <= 30 and len(moments) >= 40
    assert 12 * 60 <= moments[-1] * PACE <= 15 * 60
    assert max(late - soon for soon, late in pairwise(moments)) * PACE <= 60
    assert sum(len(blog.edits) for blog in blogs) >= 8


def test_every_post_is_tagged_as_its_author_meant(blogs: tuple[Blog, ...], engine: Engine, detector: Detector) -> None:
    wrong = {}
    for told in meant(blogs):
        found = outcome(engine, mention(told.title, told.text, detector, told.blog.language))
        if found != (set(told.expect), set(told.claims)):
            wrong[f"{told.blog.blog}/{told.name}"] = (found, set(told.expect), set(told.claims))
    assert wrong == {}


def test_every_file_is_touched_in_both_languages_and_there_is_noise(blogs: tuple[Blog, ...]) -> None:
    touched = Counter((file, told.blog.language) for told in meant(blogs) for file in told.expect)
    assert set(touched) == {(file, language) for file in FILES for language in ("en", "fr")}
    assert min(touched.values()) >= 3
    assert sum(1 for told in meant(blogs) if not told.expect) >= 40


def test_a_false_claim_is_repeated_in_both_languages_from_the_start(blogs: tuple[Blog, ...]) -> None:
    at_start = [(claim, blog.language) for blog in blogs for post in blog.posts for claim in post.claims]
    assert {("fee-doubles", "en"), ("fee-doubles", "fr")} <= set(at_start)


def test_an_edit_takes_the_false_claim_back(blogs: tuple[Blog, ...], engine: Engine, detector: Detector) -> None:
    blog = next(blog for blog in blogs if blog.blog == "harbour-street")
    post = next(post for post in posts_at(blog, start=START, pace=PACE, now=END) if post.name == "fees-going-up")
    seen = mention(post.title, "\n\n".join(post.paragraphs), detector, "en")
    assert outcome(engine, seen) == ({"passport-services"}, set())


def test_one_story_is_syndicated_in_three_blogs(blogs: tuple[Blog, ...]) -> None:
    copies = [told for told in meant(blogs) if told.story == "second-round"]
    assert len({told.blog.blog for told in copies}) == len(copies) == 3
    first, *others = [told.text for told in copies]
    ratios = [SequenceMatcher(None, first, other, autojunk=False).ratio() for other in others]
    assert min(ratios) > 0.9 and len({told.text for told in copies}) > 1, "near-identical, not identical"


def test_other_stories_are_told_in_different_words(blogs: tuple[Blog, ...]) -> None:
    told = [entry for entry in meant(blogs) if entry.story == "new-printer"]
    assert len({entry.blog.blog for entry in told}) >= 3 and {entry.blog.language for entry in told} == {"en", "fr"}
    english = [entry.text for entry in told if entry.blog.language == "en"]
    pairs = [(one, other) for one in english for other in english if one < other]
    assert max(SequenceMatcher(None, *pair, autojunk=False).ratio() for pair in pairs) < 0.6


def test_the_opml_names_every_feed_where_the_origin_has_it(origin: Origin, desk: Desk) -> None:
    feeds, problems = opml.read(DEMO / "feeds.opml")
    assert problems == []
    assert {(feed.id, feed.url, feed.title, feed.language) for feed in feeds} == {
        (blog.blog, origin.base + blog.feed_path, blog.title, blog.language) for blog in origin.blogs
    }
    assert all(feed.folder for feed in feeds)
    assert desk.settings.demo is not None
    text = (DEMO / "feeds.opml").read_text(encoding="utf-8")
    assert list(wrong_ports(text, desk.settings.demo.port)) == [] and len(list(wrong_ports(text, 1))) == len(feeds)
    served, problems = opml.read_bytes(origin.answer("/feeds.opml", {}, START).body, "feeds.opml")
    assert problems == [] and {(feed.id, feed.url) for feed in served} == {(feed.id, feed.url) for feed in feeds}


@pytest.mark.parametrize("minutes", [0, 90])
def test_an_independent_parser_finds_every_entry(origin: Origin, minutes: float) -> None:
    now = START + timedelta(seconds=minutes * PACE)
    for blog in origin.blogs:
        answer = origin.answer(blog.feed_path, {}, now)
        expected = [origin.base + f"/{blog.blog}/{post.slug}" for post in origin.posts(blog, now)]
        if blog.kind == "json":
            found = [item["url"] for item in json.loads(answer.body)["items"]]
        else:
            feed = feedparser.parse(answer.body, response_headers={"content-type": answer.headers["Content-Type"]})
            assert not feed.bozo
            found = [entry.link for entry in feed.entries]
        assert found == expected and len(found) == len(blog.posts) + (len(blog.later) if minutes else 0)


def test_ingest_reads_the_posts_letter_for_letter(origin: Origin) -> None:
    for blog in origin.blogs:
        answer = origin.answer(blog.feed_path, {}, END)
        feed = parse(Document(body=answer.body, content_type=answer.headers["Content-Type"], url=origin.base))
        assert isinstance(feed, RawFeed)
        assert [_letters(entry.title, entry.text) for entry in feed.entries] == [
            _letters(post.title, "\n\n".join(post.paragraphs)) for post in origin.posts(blog, END)
        ]


def _letters(title: str, text: str) -> tuple[str, str]:
    return title, " ".join(text.split())


def test_a_restart_repeats_the_first_posts_and_brings_news_again(blogs: tuple[Blog, ...]) -> None:
    def guids(start: datetime) -> dict[str, str]:
        posts: list[tuple[Blog, Post]] = [
            (blog, post)
            for blog in blogs
            for post in posts_at(blog, start=start, pace=PACE, now=start + timedelta(minutes=15))
        ]
        return {f"{blog.blog}/{post.name}": post.guid for blog, post in posts}

    one, two = guids(START), guids(START + timedelta(hours=1))
    assert len(set(one.values())) == len(one) == sum(len(blog.posts) + len(blog.later) for blog in blogs)
    same = {name for name in one if one[name] == two[name]}
    assert same == {f"{blog.blog}/{post.id}" for blog in blogs for post in blog.posts}


def test_times_suit_a_start_at_any_moment(blogs: tuple[Blog, ...]) -> None:
    ages = [post.age for blog in blogs for post in blog.posts]
    assert min(ages) >= 3600 and max(ages) <= 7 * 86400
    assert all(
        post.published.tzinfo is UTC for blog in blogs for post in posts_at(blog, start=START, pace=1, now=START)
    )
