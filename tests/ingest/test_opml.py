"""Subscriptions: reading, mistakes with their lines, and edits that leave the rest alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.errors import DeskInvalid, NotFound
from gordon.polling import Feed
from ingest.opml import NAMESPACE, feed_id, read, read_bytes
from ingest.opml_edit import EMPTY, add, export, import_file, move, remove, render

OPML = """<?xml version="1.0" encoding="UTF-8"?>
<!-- kept -->
<opml version="2.0" xmlns:g="urn:gordon:opml:1" xmlns:x="urn:x">
  <head><title>Ours</title></head>
  <body>
    <outline text="Québec" x:note="kept">
      <outline text="Le guichet" xmlUrl="https://guichet.example/feed?a=1&amp;b=2" g:id="guichet" language="FR"/>
    </outline>
    <outline text="Harbour" title="Harbour notes" XMLURL="https://harbour.example/rss" category="/kept"></outline>
    <outline text="A note"/>
  </body>
</opml>
"""
GUICHET = Feed(
    id="guichet", url="https://guichet.example/feed?a=1&b=2", title="Le guichet", folder="Québec", language="fr"
)
HARBOUR = Feed(id="harbour.example-91dccb0e", url="https://harbour.example/rss", title="Harbour notes")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "feeds.opml"
    file.write_text(OPML, encoding="utf-8")
    return file


def test_reading(path: Path) -> None:
    feeds, problems = read(path)
    assert problems == [] and feeds[0] == GUICHET
    assert feeds[1].id == feed_id(HARBOUR.url) and feeds[1].id.startswith("harbour.example-")
    assert (feeds[1].title, feeds[1].folder) == ("Harbour notes", "")


def test_a_missing_file_has_no_feeds_and_an_unreadable_one_is_a_problem(tmp_path: Path) -> None:
    assert read(tmp_path / "none.opml") == ((), [])
    (tmp_path / "folder.opml").mkdir()
    assert "cannot be read" in str(read(tmp_path / "folder.opml")[1][0])


MISTAKES = {
    "empty": ("  ", 0, "the file is empty"),
    "cut": ('<opml version="2.0">\n<body>\n<outline', 3, "not well-formed"),
    "entities": ('<!DOCTYPE opml [\n<!ENTITY a "b">]>\n<opml><body/></opml>', 2, "entity declarations"),
    "root": ("<rss/>", 1, "the root element is 'rss'"),
    "no body": ("<opml/>", 0, "no body"),
    "no url": ('<opml><body>\n<outline type="rss"/></body></opml>', 2, "without xmlUrl"),
    "scheme": ('<opml><body>\n\n<outline xmlUrl="file:///etc/passwd"/></body></opml>', 3, "refused"),
    "id": ('<opml><body><outline xmlUrl="https://a/" gordon:id="a b"/></body></opml>', 1, "may not have"),
    "same url": (
        '<opml><body>\n<outline xmlUrl="https://u:s3cret@a/"/>\n<outline xmlUrl="https://u:s3cret@a/"/></body></opml>',
        3,
        "already on line 2",
    ),
    "same id": (
        '<opml xmlns:gordon="urn:gordon:opml:1"><body><outline xmlUrl="https://a/" gordon:id="x"/>\n'
        '<outline xmlUrl="https://b/" gordon:id="x"/></body></opml>',
        2,
        "id 'x' is already on line 1",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_has_its_line(name: str) -> None:
    text, line, words = MISTAKES[name]
    _, problems = read_bytes(text.encode(), "feeds.opml")
    assert [(problem.line, words in problem.message) for problem in problems] == [(line, True)]
    assert "s3cret" not in str(problems)


def test_all_mistakes_are_told_at_once_and_the_good_feeds_remain() -> None:
    text = (
        '<opml><body><outline type="rss"/>\n<outline xmlUrl="ftp://a"/>\n<outline xmlUrl="https://a/"/></body></opml>'
    )
    feeds, problems = read_bytes(text.encode(), "f")
    assert len(feeds) == 1 and [problem.line for problem in problems] == [1, 2]


def test_adding_changes_nothing_else(path: Path) -> None:
    fresh = Feed(id="val", url="https://val.example/é?a&b", title='"Val" & <co>', folder="Québec", language="fr")
    add(path, fresh)
    assert fresh in read(path)[0]
    lines = path.read_text().splitlines(keepends=True)
    assert 'g:id="val"' in lines[7]
    assert "".join(lines[:7] + lines[8:]) == OPML


def test_adding_to_a_new_folder_and_to_no_file(tmp_path: Path) -> None:
    path = tmp_path / "desk" / "feeds.opml"
    feeds = [
        Feed(id=f"f{n}", url=f"https://a.example/{n}", title=f"F{n}", folder="One/Two" * (n < 2)) for n in range(3)
    ]
    for feed in feeds:
        add(path, feed)
    assert read(path) == (tuple(feeds), [])
    assert path.read_text().count('text="One"') == 1
    assert oct(path.stat().st_mode & 0o777) == "0o644" and [entry.name for entry in path.parent.iterdir()] == [
        "feeds.opml"
    ]


def test_adding_to_an_empty_body_without_our_namespace(tmp_path: Path) -> None:
    path = tmp_path / "feeds.opml"
    path.write_text('<opml version="1.1"><head/><body/></opml>')
    add(path, Feed(id="x", url="https://a.example/", title="A"))
    assert read(path)[0] == (Feed(id="x", url="https://a.example/", title="A"),)


def test_a_repeated_address_or_a_broken_file_is_refused_and_left_alone(path: Path) -> None:
    with pytest.raises(DeskInvalid, match="already on line"):
        add(path, Feed(id="other", url=GUICHET.url))
    with pytest.raises(DeskInvalid, match="already on line"):
        add(path, Feed(id="guichet", url="https://other.example/"))
    path.write_text("<opml>")
    with pytest.raises(DeskInvalid, match="not well-formed"):
        add(path, HARBOUR)
    assert path.read_text() == "<opml>"


def test_removing_by_id_and_by_address(path: Path) -> None:
    assert remove(path, "guichet") == GUICHET
    assert "guichet" not in path.read_text() and 'x:note="kept"' in path.read_text()
    remove(path, "https://harbour.example/rss")
    assert read(path) == ((), []) and '<outline text="A note"/>' in path.read_text()
    with pytest.raises(NotFound, match="nobody"):
        remove(path, "nobody")


def test_removing_one_of_several_on_a_line(path: Path) -> None:
    path.write_text(
        '<opml><body><outline xmlUrl="https://a/"/><outline xmlUrl="https://b/"><x a=">"/></outline></body></opml>'
    )
    remove(path, "https://b/")
    assert path.read_text() == '<opml><body><outline xmlUrl="https://a/"/></body></opml>'


def test_importing_keeps_unknown_attributes_and_skips_what_is_there(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.opml"
    other.write_text(
        '<opml><body><outline text="F"><outline xmlUrl="https://new.example/" htmlUrl="https://h/" y:z="1"/></outline>'
        f'<outline xmlUrl="{HARBOUR.url}"/><outline xmlUrl="ftp://no"/></body></opml>'
    )
    added, problems = import_file(path, other)
    assert [feed.url for feed in added] == ["https://new.example/"] and len(problems) == 1
    assert 'htmlUrl="https://h/"' in path.read_text()
    assert import_file(path, other)[0] == ()
    assert import_file(path, tmp_path / "none.opml") == ((), [])


def test_export_is_the_file_and_render_a_new_one(path: Path, tmp_path: Path) -> None:
    assert export(path) == OPML and export(tmp_path / "none") == EMPTY
    assert read_bytes(render([GUICHET]).encode(), "f") == ((GUICHET,), [])


def test_full_text_is_yes_or_no(tmp_path: Path) -> None:
    for word, wanted in {"true": True, "YES": True, "1": True, "false": False, "": False}.items():
        text = f'<opml><body><outline xmlUrl="https://a/" gordon:fulltext="{word}"/></body></opml>'
        feeds, problems = read_bytes(text.encode(), "f")
        assert (feeds[0].full_text, problems) == (wanted, [])
    path = tmp_path / "feeds.opml"
    add(path, Feed(id="x", url="https://a.example/", title="A", full_text=True))
    assert read(path)[0][0].full_text and 'gordon:fulltext="true"' in path.read_text()


def test_moving_changes_the_address_and_nothing_else(path: Path) -> None:
    assert move(path, "guichet", "https://neuf.example/?a=1&b").url == "https://neuf.example/?a=1&b"
    old = 'xmlUrl="https://guichet.example/feed?a=1&amp;b=2"'
    assert path.read_text() == OPML.replace(old, 'xmlUrl="https://neuf.example/?a=1&amp;b"')
    before = read(path)[0][1]
    assert move(path, before.url, 'https://neuf.example/"').id == before.id
    assert f'category="/kept" g:id="{before.id}"></outline>' in path.read_text()
    with pytest.raises(NotFound):
        move(path, "nobody", "https://x.example/")
    for unfit in ("file:///x", "https://neuf.example/?a=1&b"):
        kept = path.read_text()
        with pytest.raises(DeskInvalid):
            move(path, before.id, unfit)
        assert path.read_text() == kept


def test_moving_binds_our_namespace_where_it_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "feeds.opml"
    path.write_text("<opml xmlns:gordon=\"urn:other\"><body><outline xmlUrl = 'https://a.example/' /></body></opml>")
    name = read(path)[0][0].id
    move(path, name, "https://b.example/")
    assert [feed.id for feed in read(path)[0]] == [name]
    assert f'xmlns:gordon1="{NAMESPACE}"' in path.read_text() and f'gordon1:id="{name}"/>' in path.read_text()


LISTED = """<opml version="2.0" xmlns:z="urn:x" xmlns:y="urn:y" xmlns:us="urn:gordon:opml:1"><body>
<outline text="Québec" title="no"><outline text="Sous/dossier" y:colour="red" z:n="1" us:id="never">
<outline text="ici" title="là" xmlUrl="https://new.example/" us:id="neuf" us:fulltext="1" z:note="n" y:note="m"/>
</outline></outline></body></opml>"""


def test_importing_keeps_folders_namespaces_and_our_own_attributes(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.opml"
    other.write_text(LISTED, encoding="utf-8")
    added, problems = import_file(path, other)
    assert problems == [] and added[0] in read(path)[0]
    assert (added[0].id, added[0].full_text, added[0].folder) == ("neuf", True, "Québec/Sous/dossier")
    text = path.read_text(encoding="utf-8")
    assert text.count('text="Québec"') == 1 and '<opml xmlns:x1="urn:y" version' in text
    assert '<outline text="Sous/dossier" x1:colour="red" x:n="1">' in text
    assert 'text="ici" title="là"' in text and 'x:note="n"' in text and 'g:fulltext="true"' in text
    third = tmp_path / "third.opml"
    assert import_file(third, path) == (read(path)[0], [])
    assert read(third) == read(path)


def test_a_list_is_not_imported_into_a_broken_file(path: Path, tmp_path: Path) -> None:
    (tmp_path / "other.opml").write_text(LISTED, encoding="utf-8")
    path.write_text("<opml>")
    with pytest.raises(DeskInvalid):
        import_file(path, tmp_path / "other.opml")


def test_the_same_feed_under_another_scheme_is_not_imported_again(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.opml"
    other.write_text('<opml><body><outline xmlUrl="http://harbour.example:80/rss/#top"/></body></opml>')
    assert import_file(path, other) == ((), [])


NAMES = st.text(alphabet=st.sampled_from("ab/ é&\"'<>"), min_size=1, max_size=5).filter(lambda name: name.strip())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.lists(NAMES, max_size=3), NAMES, st.booleans()), max_size=6))
def test_any_feeds_survive_a_round_trip(wanted: list[tuple[list[str], str, bool]]) -> None:
    feeds = [
        Feed(
            id=f"f{number}",
            url=f"https://a.example/{number}",
            title=" ".join(title.split()),
            folder="/".join(filter(None, (" ".join(part.split()) for name in folder for part in name.split("/")))),
            full_text=full_text,
        )
        for number, (folder, title, full_text) in enumerate(wanted)
    ]
    again, problems = read_bytes(render(feeds).encode(), "f")
    assert problems == [] and sorted(again, key=lambda feed: feed.id) == feeds
