"""A round of lemon24/reader; runs in a Python that has ``reader`` installed, not in Gordon's.

reader_round.py DATABASE add FILE_OF_URLS | reader_round.py DATABASE update WORKERS
"""

import json
import sys
import time
from pathlib import Path

from reader import make_reader  # type: ignore[import-not-found]  # not a dependency of Gordon


def main(database: str, step: str, argument: str) -> None:
    reader = make_reader(database)
    if step == "add":
        for url in Path(argument).read_text().split():
            reader.add_feed(url)
        return
    wall, cpu = time.perf_counter(), time.process_time()
    reader.update_feeds(workers=int(argument), scheduled=False)
    told = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print(json.dumps(told | {"entries": reader.get_entry_counts().total}))


if __name__ == "__main__":
    main(*sys.argv[1:4])
