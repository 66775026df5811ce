"""The stage: events out of mentions, the same each time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from classify.stage import Classify
from classify.tagger import Tagger
from gordon import codec
from gordon.errors import Permanent
from gordon.events import Dead, Event, Mention, Origin, Tagged, Topics
from gordon.ids import event_id
from gordon.stage import Stage
from tests.classify.classify_desk import engine_of

SEEN = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
TOPICS = Topics()
RULES = [{"id": "r", "query": "fee OR frais"}]
CLAIM = [{"id": "c", "says": {"en": "Passport fees will double", "fr": "Les frais de passeport vont doubler"}}]


def stage() -> Classify:
    engine = engine_of({"file": "a", "rules": RULES, "claims": CLAIM}, {"file": "b", "rules": RULES})
    return Classify(tagger=Tagger(engine), policy_version="v1", topics=TOPICS)


def event(text: str, language: str = "en", revision: int = 2) -> Event:
    mention = Mention(
        id="m", revision=revision, feed="f", url="u", title="", text=text, language=language, seen=SEEN, kind="edited",
        flags=(),
    )  # fmt: skip
    return Event(
        topic=TOPICS.mentions, key="m", type="gordon.mention.v1", id="e", source="/gordon/ingest", subject="m/2",
        time=datetime(2030, 1, 1, tzinfo=UTC), data=mention,
    )  # fmt: skip


def test_it_has_the_shape_of_a_stage() -> None:
    shape: Stage = stage()
    assert (shape.name, tuple(shape.reads), shape.batch) == ("classify", ("gordon.mentions",), 100)


def test_one_event_for_each_file_each_with_all_files_and_claims() -> None:
    source = event("Passport fee news. Passport fees will double.")
    out = stage().handle([source])
    assert [(one.key, one.data.file) for one in out if isinstance(one.data, Tagged)] == [("a", "a"), ("b", "b")]
    for one in out:
        assert isinstance(one.data, Tagged)
        assert [tag.file for tag in one.data.files] == ["a", "b"]
        assert [claim.quote for claim in one.data.claims] == ["Passport fees will double."]
        assert one.data.mention == source.data
        assert (one.topic, one.type, one.source) == ("gordon.tagged", "gordon.tagged.v1", "/gordon/classify")
        assert (one.subject, one.time, one.data.policy_version) == ("m/2", SEEN, "v1")
        assert one.id == event_id("classify", "m", 2, one.key, "v1")


def test_an_untagged_mention_gives_one_event_without_a_file() -> None:
    (out,) = stage().handle([event("nothing of note")])
    assert isinstance(out.data, Tagged)
    assert (out.key, out.data.file, out.data.files, out.data.claims) == ("m", None, (), ())
    assert out.id == event_id("classify", "m", 2, "", "v1")


def test_redelivery_gives_the_same_bytes_and_another_revision_other_ids() -> None:
    batch = [event("Les frais de passeport vont doubler.", "fr"), event("rien", "fr", revision=3)]
    first, second = stage().handle(batch), stage().handle(batch)
    assert [codec.encode(one) for one in first] == [codec.encode(one) for one in second]
    assert len({one.id for one in first}) == 3


def test_anything_else_is_permanent() -> None:
    dead = Dead(
        stage="s", reason="r", error="", traceback="", origin=Origin(topic="t", partition=0, offset=0), attempts=1,
        value=b"",
    )  # fmt: skip
    wrong = Event(topic="t", key="", type="gordon.dead.v1", id="x", source="", subject="", time=SEEN, data=dead)
    with pytest.raises(Permanent, match=r"not gordon\.dead"):
        stage().handle([event("fee"), wrong])
