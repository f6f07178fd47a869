"""How soon the inspector answers on a large output, over HTTP.

    python bench/inspector.py OUT [--records N] [--characters N]

The records of a small finished output are drawn N times, their ids made anew and their kept texts
put together from its words at random, so that no two are alike. Seconds on the clock, and of the
processor; the first page is when rows are there, all when every record was asked.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import urlopen

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gemsieve.pipeline.inspector.api import Inspector
from gemsieve.pipeline.inspector.marks import Marks
from gemsieve.pipeline.inspector.output import open_output
from gemsieve.pipeline.inspector.server import Server
from gemsieve.pipeline.manifest import NAME, OUTCOMES
from gemsieve.pipeline.write import ROW_GROUP_BYTES, parquet_writer

SHARDS = 32  # of each outcome
PIECE = 50  # words that stay together

SEARCHES = (
    "label=toxicity.toxicity&low=0.9",
    "label=pii.*",
    "reason=toxicity.*",
    "words=zzz+nowhere",
)


def drawn(table: pa.Table, rows: int, characters: int, rng: np.random.Generator) -> pa.Table:
    """Return rows of a table, drawn at random, with ids and texts of their own."""
    found = table.take(pa.array(rng.integers(0, table.num_rows, rows)))
    place = found.schema.get_field_index("id")
    ids = pa.array([f"{rng.integers(1 << 32):08x}.jsonl:{i}" for i in range(1, rows + 1)])
    found = found.set_column(place, found.schema.field(place), ids)
    if "text" in found.column_names:
        place = found.schema.get_field_index("text")
        words = " ".join(table.column("text").to_pylist()[:1000]).split()
        pieces = max(1, characters * len(words) // (PIECE * len(" ".join(words))))
        starts = rng.integers(0, max(1, len(words) - PIECE), (rows, pieces))
        texts = [" ".join(" ".join(words[at : at + PIECE]) for at in line) for line in starts]
        found = found.set_column(place, found.schema.field(place), pa.array(texts))
    return found


def multiplied(small: Path, large: Path, records: int, characters: int) -> None:
    """Write an output of so many records after a small one."""
    rng = np.random.default_rng(1)
    books = json.loads((small / NAME).read_bytes())
    shards: list[dict[str, Any]] = []
    counts = books["counts"]
    for outcome in OUTCOMES:
        paths = sorted((small / outcome).glob("*.parquet"))
        if not paths:
            continue
        table = pa.concat_tables([pq.read_table(path) for path in paths])
        rows = records * counts[outcome] // counts["in"] // SHARDS
        (large / outcome).mkdir(parents=True)
        for number in range(SHARDS):
            path = large / outcome / f"{number:05d}-of-{SHARDS:05d}.parquet"
            mine = drawn(table, rows, characters, rng)
            group = max(1, rows * ROW_GROUP_BYTES // max(1, mine.nbytes))
            with parquet_writer(path, mine.schema) as file:
                file.write_table(mine, row_group_size=group)
            shards.append({"path": f"{outcome}/{path.name}", "records": rows, "bytes": 0})
    for shard in shards:
        shard["sha256"] = ""
    counts = {o: sum(s["records"] for s in shards if s["path"].startswith(o)) for o in OUTCOMES}
    books |= {"shards": shards, "counts": {"in": sum(counts.values())} | counts}
    (large / NAME).write_text(json.dumps(books))


def timings(folder: Path) -> Iterator[tuple[str, float, float, float]]:
    """Yield what was asked, seconds to the first page and to all, and seconds of the processor."""
    wall, busy = time.perf_counter(), time.process_time()
    output = open_output(folder)
    seconds = time.perf_counter() - wall
    yield f"open {output.records:,} records", seconds, seconds, time.process_time() - busy
    inspector = Inspector(output, Marks(folder.with_name("marks"), output.book))
    server = Server(inspector)
    Thread(target=server.serve_forever, daemon=True).start()

    def told(path: str) -> Any:  # noqa: ANN401  # JSON
        with urlopen(server.url + path) as answer:  # noqa: S310  # our own
            return json.load(answer)

    inspector.facets.begin()
    asked: list[tuple[str, str, Callable[[Any], bool]]] = [
        ("count labels, reasons and sources", "api/words", lambda told: told["share"] == 1),
        ("20 at random", "api/search?seed=1", lambda told: bool(told["rows"])),
        ("a record", "api/record?n=0", lambda told: bool(told["id"])),
    ]
    asked += [
        (query or "all", f"api/search?{query}", lambda told: bool(told["done"]))
        for query in ("", *SEARCHES)
    ]
    for name, path, done in asked:
        wall, busy, first = time.perf_counter(), time.process_time(), 0.0
        while not done(answer := told(path)):
            if answer.get("rows") and not first:
                first = time.perf_counter() - wall
            time.sleep(0.02)
        seconds = time.perf_counter() - wall
        yield name, first or seconds, seconds, time.process_time() - busy
    server.shutdown()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="OUT")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--characters", type=int, default=2000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        large = Path(scratch) / "out"
        maker = get_context("spawn").Process(
            target=multiplied, args=(args.folder, large, args.records, args.characters)
        )
        maker.start()
        maker.join()  # its memory is not ours
        print("| asked | first page, s | all, s | processor, s |\n|---|---|---|---|")
        for name, first, everything, busy in timings(large):
            print(f"| {name} | {first:.2f} | {everything:.2f} | {busy:.2f} |", flush=True)
    print(f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB of memory")


if __name__ == "__main__":
    main()
