"""The demo's corpus: real and synthetic records, mixed into files of every kind that we read."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from gemsieve.cli.demo_documents import documents
from gemsieve.cli.demo_planted import SYNTHETIC, Item, Kind, Span, planted

# Six files of equal weight keep two workers busy; damaged lines go where there are lines.
FILES = (
    "part-0.jsonl",
    "part-1.jsonl.gz",
    "part-2.jsonl.zst",
    "part-3.parquet",
    "part-4.jsonl",
    "part-5.jsonl.gz",
)
CUT = "cut.jsonl.gz"  # a download that broke off
CUT_RECORDS = 40
TRUTH = "planted.json"

# Synthetic records beside RECORDS real ones; with fewer real ones, fewer of these.
RECORDS = 3500
COUNTS: dict[Kind, int] = {
    "pii": 120,
    "toxic": 60,
    "foreign": 40,
    "junk": 40,
    "identity": 90,
    "malformed": 40,
}


@dataclass(frozen=True)
class Plant:
    """One record of the ground truth: which line it is, of what kind, and what is where in it."""

    id: str
    kind: Kind
    fault: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Truth:
    """What the corpus holds: lines by file, and every line that is no documentation."""

    files: dict[str, int]
    planted: tuple[Plant, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Records by kind."""
        counts: Counter[str] = Counter(plant.kind for plant in self.planted)
        return {"documentation": sum(self.files.values()) - counts.total(), **counts}


def write_corpus(output: Path, records: int, seed: int) -> Truth:
    """Write the corpus to `output/corpus`, and last of all its ground truth.

    The same environment, records and seed give the same bytes.
    """
    random, folder = Random(seed), output / "corpus"
    folder.mkdir(parents=True, exist_ok=True)
    real = [Item("documentation", text) for text in documents(records)]
    random.shuffle(real)
    counts = {kind: max(6, n * len(real) // RECORDS) for kind, n in COUNTS.items()}
    synthetic = planted(counts, seed)
    last = min(CUT_RECORDS, len(real) // 10)
    mixed = [*real[last:], *(item for item in synthetic if item.kind != "malformed")]
    random.shuffle(mixed)
    files = {name: mixed[i :: len(FILES)] for i, name in enumerate(FILES)}
    scatter([item for item in synthetic if item.kind == "malformed"], files, random)
    for name, items in files.items():
        (folder / name).write_bytes(encoded(name, items))
    content, files[CUT] = cut_short(real[:last])
    (folder / CUT).write_bytes(content)
    truth = Truth({name: len(items) for name, items in files.items()}, plants(files))
    write_truth(output / TRUTH, truth)
    return truth


def scatter(items: Sequence[Item], files: dict[str, list[Item]], random: Random) -> None:
    """Put malformed lines at random places of the files that have lines."""
    names = [name for name in files if ".jsonl" in name]
    for number, item in enumerate(items):
        lines = files[names[number % len(names)]]
        lines.insert(random.randrange(len(lines) + 1), item)


def encoded(name: str, items: Sequence[Item]) -> bytes:
    """Return a file's bytes, in the format that its name says."""
    if name.endswith(".parquet"):
        return parquet(items)
    lines = b"".join(item.line() for item in items)
    if name.endswith(".gz"):
        return gzip.compress(lines, mtime=0)
    if name.endswith(".zst"):
        import zstandard

        return zstandard.ZstdCompressor().compress(lines)
    return lines


def parquet(items: Sequence[Item]) -> bytes:
    """Return the bytes of a Parquet file with the records' texts and sources."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {"text": [item.text for item in items], "source": [item.kind for item in items]}
    )
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def cut_short(items: Sequence[Item]) -> tuple[bytes, list[Item]]:
    """Return two thirds of a gzip file of the records, and what a reader can still make of it."""
    whole = gzip.compress(b"".join(item.line() for item in items), mtime=0)
    content = whole[: len(whole) * 2 // 3]
    lines = zlib.decompressobj(wbits=31).decompress(content).count(b"\n")
    return content, [*items[:lines], Item("malformed", fault="truncated_input")]


def plants(files: dict[str, list[Item]]) -> tuple[Plant, ...]:
    """Return the ground truth of every synthetic record, in the order of the files."""
    return tuple(
        Plant(f"{name}:{number}", item.kind, item.fault, item.spans)
        for name, items in sorted(files.items())
        for number, item in enumerate(items, 1)
        if item.kind in SYNTHETIC
    )


def write_truth(path: Path, truth: Truth) -> None:
    """Write the ground truth whole or not at all: places and kinds, no values."""
    from gemsieve.pipeline.storage import write_atomically

    write_atomically(path, (json.dumps(asdict(truth), indent=1) + "\n").encode())


def read_truth(path: Path) -> Truth | None:
    """Return the ground truth of a corpus, or None when none was finished."""
    if not path.exists():
        return None
    body: dict[str, Any] = json.loads(path.read_bytes())
    return Truth(
        body["files"],
        tuple(
            Plant(row["id"], row["kind"], row["fault"], tuple(Span(**s) for s in row["spans"]))
            for row in body["planted"]
        ),
    )
