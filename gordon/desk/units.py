"""Durations and sizes as people write them: "30s", "15m", "4h", "2d"; "512kB", "10MiB"."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_BYTES = {"": 1, "b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "kib": 1024, "mib": 1024**2, "gib": 1024**3}


def seconds(value: Any) -> float:
    """ "90", 90, "1m30s" and "1.5m" are all 90.0. Raises ValueError for anything else and for negative values."""
    text = str(value).strip().lower()
    parts = re.findall(r"([0-9]*\.?[0-9]+)\s*(ms|[smhdw])", text)
    if parts and re.fullmatch(r"(?:[0-9]*\.?[0-9]+\s*(?:ms|[smhdw])\s*)+", text):
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if re.fullmatch(r"[0-9]*\.?[0-9]+", text):
        return float(text)
    raise ValueError(f"{value!r} is not a duration; write for example 30s, 15m, 4h or 2d")


def octets(value: Any) -> int:
    """ "10MiB" is 10485760, "10MB" is 10000000, 512 is 512. Raises ValueError for anything else."""
    match = re.fullmatch(r"([0-9]*\.?[0-9]+)\s*([a-z]*)", str(value).strip().lower())
    if match and match[2] in _BYTES:
        return int(float(match[1]) * _BYTES[match[2]])
    raise ValueError(f"{value!r} is not a size; write for example 512kB or 10MiB")


Seconds = Annotated[float, BeforeValidator(seconds)]
Octets = Annotated[int, BeforeValidator(octets)]
