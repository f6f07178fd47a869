"""How fast each reader gives records, in CPU seconds, beside a library's own reader of the format.

python bench/readers.py [--texts FILE.jsonl.gz] [--megabytes N] [--warc FILE ...]
"""

from __future__ import annotations

import argparse
import bz2
import csv
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq
import zstandard
from texts import read_texts, until

from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.record import Meter, Record
from gemsieve.pipeline.reading.slices import plan

RUNS = 3


def table(texts: list[str]) -> pa.Table:
    """Return the texts as a table, with two columns beside."""
    urls = [f"https://example.org/{i}" for i in range(len(texts))]
    return pa.table({"text": texts, "url": urls, "n": list(range(len(texts)))})


def written(texts: list[str], folder: Path) -> None:
    """Write the texts in every format."""
    rows = table(texts)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows.to_pylist()).encode()
    (folder / "a.jsonl").write_bytes(lines)
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(lines, 6))
    (folder / "a.jsonl.zst").write_bytes(zstandard.compress(lines))
    (folder / "a.jsonl.bz2").write_bytes(bz2.compress(lines))
    with (folder / "a.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(rows.column_names)
        writer.writerows(row.values() for row in rows.to_pylist())
    pq.write_table(rows, folder / "a.parquet", compression="zstd", row_group_size=20_000)
    with (
        pa.OSFile(str(folder / "a.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, rows.schema) as stream_,
    ):
        stream_.write_table(rows, max_chunksize=1000)


def ours(path: Path) -> Iterator[str]:
    """Yield the texts of a file by our reader."""
    for piece in plan([str(path)]):
        for record in read(piece, "text", ("url",), Meter()):
            if isinstance(record, Record):
                yield record.text


def of_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[str]:
    """Yield the texts of Arrow batches."""
    for batch in batches:
        yield from (text for text in batch.column("text").to_pylist() if text)


def stock_json(path: Path) -> Iterator[str]:
    """Yield the texts of JSON lines by the standard library."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        for line in file:
            yield json.loads(line)["text"]


def stock_csv(path: Path) -> Iterator[str]:
    """Yield the texts of a CSV file by the standard library."""
    csv.field_size_limit(1 << 30)
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row["text"]


def arrow_json(path: Path) -> Iterator[str]:
    """Yield the texts of JSON lines by Arrow's reader."""
    options = pyarrow.json.ReadOptions(use_threads=False, block_size=16 << 20)
    yield from of_batches(pyarrow.json.read_json(path, options).to_batches())


def arrow_csv(path: Path) -> Iterator[str]:
    """Yield the texts of a CSV file by Arrow's reader."""
    options = pyarrow.csv.ReadOptions(use_threads=False, block_size=16 << 20)
    quoted = pyarrow.csv.ParseOptions(newlines_in_values=True)
    yield from of_batches(pyarrow.csv.read_csv(path, options, quoted).to_batches())


def arrow_parquet(path: Path) -> Iterator[str]:
    """Yield the texts of a Parquet file by Arrow's reader."""
    with pq.ParquetFile(path) as file:
        yield from of_batches(file.iter_batches(256, columns=["text", "url"], use_threads=False))


def stream(path: Path) -> Iterator[str]:
    """Yield the texts of a file by `datasets`, streamed."""
    from datasets import load_dataset

    builder = "json" if ".jsonl" in path.name else path.suffix[1:]
    for row in load_dataset(builder, data_files=str(path), split="train", streaming=True):
        yield row["text"]


def warcs(path: Path) -> Iterator[str]:
    """Yield the pages of a WARC by the parser and extractor alone, taken for UTF-8."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType
    from resiliparse.extract.html2text import extract_plain_text

    with path.open("rb") as file:
        for record in ArchiveIterator(file, WarcRecordType.response, auto_decode="all"):
            page = record.reader.read().decode(errors="replace")
            yield extract_plain_text(page, preserve_formatting=True, main_content=True)


def measured(read_texts: Callable[[Path], Iterator[str]], path: Path) -> str:
    """Return megabytes of text and records a CPU second, the best of some runs."""
    best, size, n = float("inf"), 0, 0
    for _ in range(RUNS):
        start = time.process_time()
        lengths = [len(text) for text in read_texts(path)]
        best = min(best, time.process_time() - start)
        size, n = sum(lengths), len(lengths)
    return f"{size / best / 1e6:7.1f} MB/s {n / best:9,.0f} records/s"


PEERS: dict[str, list[Callable[[Path], Iterator[str]]]] = {
    "a.jsonl": [ours, stock_json, arrow_json, stream],
    "a.jsonl.gz": [ours, stock_json, stream],
    "a.jsonl.zst": [ours],
    "a.jsonl.bz2": [ours],
    "a.csv": [ours, stock_csv, arrow_csv],
    "a.parquet": [ours, arrow_parquet, stream],
    "a.arrow": [ours],
}


def main() -> None:
    """Print a line for each file and reader."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--megabytes", type=float, default=30)
    parser.add_argument("--warc", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    texts = until(read_texts(args.texts), args.megabytes * 1e6)
    with tempfile.TemporaryDirectory() as folder:
        written(texts, Path(folder))
        for name, readers in PEERS.items():
            for reader in readers:
                print(f"{name:12} {reader.__name__:14} {measured(reader, Path(folder) / name)}")
                sys.stdout.flush()
    for path in args.warc:
        for reader in (ours, warcs):
            print(f"{path.name:12} {reader.__name__:14} {measured(reader, path)}")


if __name__ == "__main__":
    main()
