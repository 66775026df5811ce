"""How well classify recognises topics, matches claims and tells languages, on the labelled texts. Run:

python -m bench.quality --data FOLDER [--only topics claims language]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

PARTS = {"topics": "bench.quality_topics", "claims": "bench.quality_claims", "language": "bench.language"}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path)
    options.add_argument("--only", nargs="+", choices=PARTS, default=tuple(PARTS))
    chosen = options.parse_args()
    if chosen.data is None:
        print("the labelled texts are in the data folder: --data FOLDER; skipped")
        return
    for part in chosen.only:
        print(f"== {part}", flush=True)
        subprocess.run([sys.executable, "-m", PARTS[part], "--data", str(chosen.data)], check=True)


if __name__ == "__main__":
    main()
