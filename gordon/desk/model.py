"""What all configuration shares: the model that every type of a desk's files is built on, and what an id looks like."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

SLUG = r"^[a-z0-9][a-z0-9._-]*$"


class Model(BaseModel):
    """Frozen, and strict about unknown keys: a misspelt rule must not be silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
