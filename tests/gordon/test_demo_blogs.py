"""The demo's blogs as data: what is out when, what keeps its identity, and every mistake with file and line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.demo.blogs import Blog, Post, posts_at, read_blogs

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
BLOG = """\
blog: quay
title: The quay
about: Boats
language: en
kind: rss2
posts:
  - {id: old, age: 2d, title: Old, text: "One line\\nof text.\\n\\n  \\nAnother."}
  - {id: fresh, age: 1h, title: Fresh, text: Small}
later:
  - {id: news, after: 3, title: News, text: Came in}
edits:
  - {of: news, after: 9, text: Went out}
  - {of: old, after: 6.5, title: Old but edited}
  - {of: old, after: 4, title: Edited once, text: Shorter}
"""


def write(folder: Path, text: str = BLOG, name: str = "quay") -> Path:
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def blog(tmp_path: Path) -> Blog:
    blogs, problems = read_blogs(write(tmp_path))
    assert not problems
    return blogs[0]


def at(blog: Blog, minutes: float, *, start: datetime = START, pace: float = 10.0) -> dict[str, Post]:
    now = start + timedelta(seconds=minutes * pace)
    return {post.name: post for post in posts_at(blog, start=start, pace=pace, now=now)}


def test_at_the_start_the_first_posts_are_out_newest_first(blog: Blog) -> None:
    posts = at(blog, 0)
    assert list(posts) == ["fresh", "old"]
    assert posts["old"].published == START - timedelta(days=2) == posts["old"].updated
    assert posts["old"].paragraphs == ("One line of text.", "Another.")


def test_posts_appear_and_are_edited_as_time_goes_by(blog: Blog) -> None:
    assert list(at(blog, 2.9)) == ["fresh", "old"]
    assert list(at(blog, 3)) == ["news", "fresh", "old"]
    assert at(blog, 3)["news"].published == START + timedelta(seconds=30)
    assert at(blog, 3.9)["old"].title == "Old"
    edited = at(blog, 4)["old"]
    assert (edited.title, edited.paragraphs) == ("Edited once", ("Shorter",))
    again = at(blog, 6.5)["old"]
    assert (again.title, again.paragraphs) == ("Old but edited", ("Shorter",)), "edits add up, whatever their order"
    assert again.updated == START + timedelta(seconds=65) and again.published == START - timedelta(days=2)
    assert at(blog, 9)["news"].title == "News" and at(blog, 9)["news"].paragraphs == ("Went out",)


def test_pace_is_seconds_for_a_minute_of_the_script(blog: Blog) -> None:
    assert "news" not in posts_names(blog, seconds=179, pace=60)
    assert "news" in posts_names(blog, seconds=180, pace=60)
    assert "news" in posts_names(blog, seconds=0, pace=0)


def posts_names(blog: Blog, *, seconds: float, pace: float) -> set[str]:
    now = START + timedelta(seconds=seconds)
    return {post.name for post in posts_at(blog, start=START, pace=pace, now=now)}


def test_first_posts_keep_their_identity_over_restarts_and_later_ones_are_news(blog: Blog) -> None:
    first, second = at(blog, 10), at(blog, 10, start=START + timedelta(minutes=20))
    assert first["old"].guid == second["old"].guid and first["old"].slug == second["old"].slug
    assert first["news"].guid != second["news"].guid and first["news"].slug != second["news"].slug
    assert first["news"].title == second["news"].title


@given(st.floats(0, 20), st.floats(0, 20), st.floats(0.1, 100))
@settings(max_examples=60, deadline=None)
def test_nothing_that_is_out_vanishes_or_changes_its_identity(one: float, other: float, pace: float) -> None:
    blog = Blog.model_validate(
        {
            "blog": "a",
            "title": "A",
            "about": "",
            "language": "fr",
            "kind": "atom",
            "posts": [{"id": "x", "age": "1h", "title": "X", "text": "x"}],
            "later": [{"id": f"y{n}", "after": n, "title": "Y", "text": "y"} for n in range(0, 20, 3)],
            "edits": [{"of": "y3", "after": 8, "title": "Z"}, {"of": "x", "after": 2, "text": "z"}],
        }
    )
    before, after = (at(blog, minutes, pace=pace) for minutes in sorted((one, other)))
    assert before.keys() <= after.keys()
    for name, post in before.items():
        assert (post.guid, post.slug, post.published) == (
            after[name].guid,
            after[name].slug,
            after[name].published,
        )
        assert post.updated <= after[name].updated


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("blog: quay", "blog: pier", "quay.yaml:1: blog 'pier' lies in quay.yaml (give both one name)"),
        ("id: fresh", "id: Fresh Air", "quay.yaml:8: id 'Fresh Air' is no address"),
        ("id: news", "id: old", "quay.yaml:10: post 'old' appears twice (rename one)"),
        ("of: news", "of: nws", "quay.yaml:12: edit of unknown post 'nws' (did you mean 'news'?)"),
        ("after: 9", "after: 3", "quay.yaml:12: edit of 'news' before the post is out (raise its 'after')"),
        ("age: 1h", "age: soon", "quay.yaml:8: posts.1.age: 'soon' is not a duration"),
        ("kind: rss2", "kind: rss3", "quay.yaml:5: kind: Input should be"),
        ("about: Boats", "abuot: Boats", "quay.yaml:3: unknown key abuot (did you mean 'about'?)"),
        ("title: The quay", "title: [", "not readable as YAML"),
    ],
)
def test_mistakes_have_file_and_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    _, problems = read_blogs(write(tmp_path, BLOG.replace(old, new)))
    assert any(expected in str(problem) for problem in problems), problems
    assert all(problem.remedy for problem in problems)


def test_all_mistakes_come_at_once_and_the_rest_is_read(tmp_path: Path) -> None:
    write(write(tmp_path, BLOG.replace("quay", "pier"), "pier"), "", "empty")
    (tmp_path / "latin.yaml").write_bytes(b"title: caf\xe9\n")
    blogs, problems = read_blogs(tmp_path)
    assert [blog.blog for blog in blogs] == ["pier"]
    assert [Path(problem.file).name for problem in problems] == ["empty.yaml", "latin.yaml"]


def test_a_folder_without_blogs_is_a_mistake(tmp_path: Path) -> None:
    _, problems = read_blogs(tmp_path / "nowhere")
    assert "holds no blogs" in str(problems[0])
