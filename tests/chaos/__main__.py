"""``make chaos``: a run with faults on embedded parts, on Kafka and PostgreSQL, or on both; then the checker.

python -m tests.chaos --minutes 2 --seed 7 --kind kafka --out build/chaos
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from pathlib import Path

from tests.chaos.check import check, show
from tests.chaos.disk import enter
from tests.chaos.plan import Kind
from tests.chaos.report import write
from tests.chaos.run import Wish, run

KINDS: dict[str, tuple[Kind, ...]] = {"embedded": ("embedded",), "kafka": ("kafka",), "both": ("embedded", "kafka")}


def main(arguments: list[str]) -> int:
    """0: everything held."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=2.0, help="of faults, for each kind")
    parser.add_argument("--seed", type=int, help="the same seed plans the same faults; by default a new one")
    parser.add_argument("--kind", choices=sorted(KINDS), default="both")
    parser.add_argument("--rate", type=float, default=2.0, help="new entries a second")
    parser.add_argument("--out", type=Path, default=Path("build/chaos"))
    wish = parser.parse_args(arguments)
    seed = random.randrange(10**6) if wish.seed is None else wish.seed
    enter([*arguments, "--seed", str(seed)], os.environ)
    code = 0
    for kind in KINDS[wish.kind]:
        folder = (wish.out / f"{kind}-{seed}").resolve()
        print(f"chaos on {kind}: {wish.minutes:g} minutes, seed {seed}, in {folder}", flush=True)
        run(Wish(kind, wish.minutes, seed, folder, wish.rate))
        code |= show(check(folder))
        print(f"report: {write(folder)}", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
