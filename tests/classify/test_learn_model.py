"""The stored model: comes back as it was, and whatever is not one is refused with a reason."""

from __future__ import annotations

import json
import zlib
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.learn.model import Learnt, Unusable, decode, encode, pack, seal, unpack
from classify.learn.recognise import Examples
from tests.classify.learn_texts import FILES, model


@cache
def learnt() -> Learnt:
    return model()


def test_it_comes_back_as_it_was() -> None:
    assert decode(encode(learnt())) == learnt()
    assert seal(learnt()) == learnt() and len(learnt().version) == 16


def test_the_version_changes_with_the_content() -> None:
    assert seal(msgspec.structs.replace(learnt(), texts=1)).version != learnt().version


@pytest.mark.parametrize("kind", ["u4", "i1", "f4"])
def test_arrays_come_back(kind: str) -> None:
    array = np.array([0, 1, 100], dtype=kind)
    found = unpack(pack(array), kind)
    assert found.dtype == array.dtype and found.tolist() == array.tolist()


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_every_changed_byte_is_noticed(data: st.DataObject) -> None:
    body = encode(learnt())
    place = data.draw(st.integers(0, len(body) - 2))
    other = data.draw(st.integers(33, 126).filter(lambda byte: byte != body[place]))
    damaged = body[:place] + bytes([other]) + body[place + 1 :]
    try:
        found = decode(damaged)
    except Unusable:
        return
    assert found == learnt()  # white space, or the same number written otherwise


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is damaged"),
        (b"[]", "is damaged"),
        (b"\xff\xfe{}", "is damaged"),
        (b"[" * 100_000, "is damaged"),
        (b"{}", "another version"),
        (b'{"format": "gordon-examples-99"}', "another version of Gordon: format 'gordon-examples-99'"),
        (b'{"format": 7}', "another version"),
        (b'{"format": "gordon-examples-1"}', "is damaged"),
    ],
)
def test_what_is_no_model_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(Unusable, match=message):
        decode(data)


def test_a_cut_model_is_refused() -> None:
    body = encode(learnt())
    for cut in (1, len(body) // 2, len(body) - 3):
        with pytest.raises(Unusable):
            decode(body[:cut])


@pytest.mark.parametrize(
    "change",
    [
        {"terms": "?"},
        {"terms": pack(np.zeros(0, dtype=np.uint32)), "rarity": pack(np.zeros(0, dtype=np.float32))},
        {"rarity": pack(np.ones(3, dtype=np.float32))},
        {"rarity": "AAAA"},
        {"terms": pack(np.arange(3, dtype=np.uint32)), "rarity": pack(np.ones(3, dtype=np.float32))},
    ],
)
def test_a_model_that_does_not_fit_together_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Unusable, match="is damaged"):
        Examples(msgspec.structs.replace(learnt(), **change), FILES)


def test_an_array_without_end_is_refused() -> None:
    from base64 import b64encode

    bomb = b64encode(zlib.compress(bytes(90_000_000), 9)).decode()
    with pytest.raises(ValueError, match="too long"):
        unpack(bomb, "u4")


def test_the_file_can_be_read_by_people_and_programs() -> None:
    found = json.loads(encode(learnt()))
    assert {"format", "version", "texts", "examples", "unlearnt", "trials", "files"} <= found.keys()
    assert encode(learnt()).count(b"\n") > 40
