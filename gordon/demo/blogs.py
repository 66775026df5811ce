"""The blogs of the demo: their YAML files, and which posts are out at which moment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, TypeAlias

from gordon.desk.model import SLUG, Model
from gordon.desk.units import Seconds
from gordon.desk.validate import build, line_of, suggest
from gordon.desk.yaml_lines import Lines, parse
from gordon.errors import Problem

Kind: TypeAlias = Literal["rss2", "rss1", "rss091", "atom", "json"]


class First(Model):
    """A post that is out when the demo starts. ``age``: how long before the start it appeared.

    ``expect``: the files that it is meant to be tagged with; ``claims``: the claims it is meant to repeat;
    ``story``: a name shared by posts that tell the same story. All three are for the tests only.
    """

    id: str
    age: Seconds
    title: str
    text: str
    story: str = ""
    expect: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()


class Later(Model):
    """A post that appears ``after`` so many minutes of the script."""

    id: str
    after: float
    title: str
    text: str
    story: str = ""
    expect: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()


class Edit(Model):
    """A new title or text for the post ``of``, ``after`` so many minutes of the script."""

    of: str
    after: float
    title: str | None = None
    text: str | None = None
    expect: tuple[str, ...] | None = None


class Blog(Model):
    """One blog: what its feed says of itself, and its posts."""

    blog: str
    title: str
    about: str
    language: Literal["en", "fr"]
    kind: Kind
    charset: Literal["utf-8", "iso-8859-1"] = "utf-8"
    author: str = ""
    posts: tuple[First, ...]
    later: tuple[Later, ...] = ()
    edits: tuple[Edit, ...] = ()

    @property
    def feed_path(self) -> str:
        """Where its feed is, from the root of the origin."""
        return f"/{self.blog}/feed.{'json' if self.kind == 'json' else 'xml'}"


@dataclass(frozen=True, slots=True)
class Post:
    """A post as it stands. ``slug``: the last part of its address; ``name``: its id in the blog's file."""

    name: str
    slug: str
    guid: str
    title: str
    paragraphs: tuple[str, ...]
    published: datetime
    updated: datetime


def read_blogs(folder: Path) -> tuple[tuple[Blog, ...], list[Problem]]:
    """Every blog of ``folder`` that is right, by name, and every mistake with file and line."""
    blogs: list[Blog] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        blog, mistakes = _read(path)
        problems += mistakes
        blogs += [blog] if blog else []
    if not blogs and not problems:
        problems.append(Problem(str(folder), 0, "holds no blogs", "demo.blogs must name a folder of YAML files"))
    return tuple(blogs), problems


def _read(path: Path) -> tuple[Blog | None, list[Problem]]:
    name = f"{path.parent.name}/{path.name}"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return None, [Problem(name, 0, f"cannot be read: {error}", "check permissions; save it as UTF-8")]
    data, lines, problems = parse(text, name)
    if data is None:
        return None, problems
    blog, mistakes = build(Blog, data, name, lines)
    return blog, [*problems, *mistakes, *(_check(blog, path.stem, name, lines) if blog else ())]


def _check(blog: Blog, stem: str, file: str, lines: Lines) -> Iterator[Problem]:
    """What the types cannot see: ids that are no addresses or repeat, edits of nothing."""
    if blog.blog != stem:
        yield Problem(file, line_of(lines, ("blog",)), f"blog {blog.blog!r} lies in {stem}.yaml", "give both one name")
    seen: dict[str, float] = {}
    places = [("posts", index, post.id, 0.0) for index, post in enumerate(blog.posts)]
    places += [("later", index, post.id, post.after) for index, post in enumerate(blog.later)]
    for key, index, name, after in places:
        line = line_of(lines, (key, index, "id"))
        if not re.match(SLUG, name):
            yield Problem(file, line, f"id {name!r} is no address", "use small letters, digits and hyphens")
        if name in seen:
            yield Problem(file, line, f"post {name!r} appears twice", "rename one")
        seen[name] = after
    for index, edit in enumerate(blog.edits):
        line = line_of(lines, ("edits", index, "of"))
        if edit.of not in seen:
            yield Problem(file, line, f"edit of unknown post {edit.of!r}", suggest(edit.of, seen))
        elif edit.after <= seen[edit.of]:
            yield Problem(file, line, f"edit of {edit.of!r} before the post is out", "raise its 'after'")


def posts_at(blog: Blog, *, start: datetime, pace: float, now: datetime) -> tuple[Post, ...]:
    """The posts that are out at ``now``, edits applied, newest first.

    The first posts keep their guid and address over restarts; later ones carry ``start`` in both, so that every run
    of the demo brings news. ``pace``: seconds for a minute of the script.
    """
    posts = {post.id: _first(blog, post, start) for post in blog.posts}
    posts |= {post.id: _later(blog, post, start, pace) for post in blog.later}
    for edit in sorted(blog.edits, key=lambda edit: edit.after):
        posts[edit.of] = _edited(posts[edit.of], edit, _moment(start, edit.after, pace), now)
    out = [post for post in posts.values() if post.published <= now]
    return tuple(sorted(out, key=lambda post: (post.published, post.slug), reverse=True))


def _first(blog: Blog, post: First, start: datetime) -> Post:
    return _post(blog, post, post.id, start - timedelta(seconds=post.age))


def _later(blog: Blog, post: Later, start: datetime, pace: float) -> Post:
    return _post(blog, post, f"{post.id}.{start:%Y%m%dt%H%M%S}", _moment(start, post.after, pace))


def _post(blog: Blog, post: First | Later, slug: str, published: datetime) -> Post:
    return Post(
        name=post.id,
        slug=slug,
        guid=f"tag:demo.example,2026:{blog.blog}/{slug}",
        title=post.title,
        paragraphs=paragraphs(post.text),
        published=published,
        updated=published,
    )


def _edited(post: Post, edit: Edit, moment: datetime, now: datetime) -> Post:
    if moment > now:
        return post
    body = post.paragraphs if edit.text is None else paragraphs(edit.text)
    return replace(post, title=edit.title or post.title, paragraphs=body, updated=moment)


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a text, which blank lines part; line breaks inside one become spaces."""
    return tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip())


def _moment(start: datetime, minutes: float, pace: float) -> datetime:
    return start + timedelta(seconds=round(minutes * pace))
