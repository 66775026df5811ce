"""Recognition by example of a desk: learns it, stores it beside the policy files, and says when it is out of date."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from classify.compile import PlaceOf
from classify.learn.model import Learnt, Unusable, decode, encode
from classify.learn.samples import FEWEST, Decided, Detect, examples_digest, gather
from classify.tagger import Recogniser
from gordon.desk.load import LEARNED, Draft, read_desk
from gordon.desk.schema import PolicyFile
from gordon.errors import DeskInvalid, Problem

REMEDY = "run: gordon learn"


def learn_desk(
    folder: Path, environ: Mapping[str, str], decided: Sequence[tuple[Problem, Decided]], detect: Detect
) -> Learnt:
    """What the desk's examples and these decisions teach; writes nothing. ``decided``: each with where it stands, as
    the problem to report should it name a file the desk does not have. Raises DeskInvalid."""
    from classify.learn.train import learn

    draft = read_desk(folder, environ)
    known = {entry.file for entry in draft.files}
    problems = [place for place, line in decided if not known.issuperset(line.files)]
    if draft.problems or problems:
        raise DeskInvalid([*draft.problems, *problems])
    samples = gather(draft.files, [line for _, line in decided], detect)
    return learn(samples, {entry.file: examples_digest(entry) for entry in draft.files}, decided=len(decided))


def store(folder: Path, model: Learnt) -> Path:
    """Puts the model into the desk, whole or not at all; one without a file takes away what was there."""
    path = folder / LEARNED
    if not model.files:
        path.unlink(missing_ok=True)
        return path
    path.parent.mkdir(exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as out:
        out.write(encode(model))
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
    return path


def recogniser(learned: bytes | None, files: Sequence[PolicyFile]) -> Recogniser | None:
    """Made of the model of a desk, if it has one. Raises DeskInvalid where it is unusable."""
    if learned is None:
        return None
    from classify.learn.recognise import Examples

    try:
        return Examples(decode(learned), {entry.file for entry in files})
    except Unusable as error:
        raise DeskInvalid([Problem(LEARNED, 0, str(error), REMEDY)]) from error


def model_problems(draft: Draft) -> list[Problem]:
    """What is wrong with the bytes of the model. Loads nothing that only classify needs."""
    learned = draft.contents.get(LEARNED)
    try:
        if learned is not None:
            decode(learned)
    except Unusable as error:
        return [Problem(LEARNED, 0, str(error), REMEDY)]
    return []


def model_use_problems(draft: Draft) -> list[Problem]:
    """What keeps the model from being used, found by making it ready as classify does."""
    try:
        recogniser(draft.contents.get(LEARNED), draft.files)
    except DeskInvalid as error:
        return list(error.problems)
    return []


def model_warnings(draft: Draft, place_of: PlaceOf) -> list[Problem]:
    """Where the model does not know what the files now teach. None for a model that cannot be read."""
    learned = draft.contents.get(LEARNED)
    try:
        model = decode(learned) if learned is not None else None
    except Unusable:
        return []
    known = model.examples if model else {}
    files = {entry.file for entry in draft.files}
    gone = sorted(entry.file for entry in model.files if entry.file not in files) if model else []
    found = [
        Problem(LEARNED, 0, f"knows file {name!r}, which is not on the desk; passed over", REMEDY) for name in gone
    ]
    for entry in draft.files:
        if entry.file in known and known[entry.file] != examples_digest(entry):
            place = place_of(entry.file, ("examples",))
            found.append(Problem(*place, "the examples are not those that were learnt", REMEDY))
        elif entry.file not in known and len(entry.examples.yes) >= FEWEST:
            place = place_of(entry.file, ("examples",))
            found.append(Problem(*place, "the examples have not been learnt, so nothing is recognised by them", REMEDY))
    return found
