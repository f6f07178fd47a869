"""Memory and processor time of the trainer's input: tokens on disk, in memory, and two peers.

The tokens of sieved documents are repeated to a number of tokens and written as `gemsieve tokenize`
writes them. Each way of reading then has a process of its own, which opens the tokens and reads
batches of shuffled, packed rows with positions, segments and targets:

- `disk`: ours, by random access; `ahead`: the same, by the threads of `read_ahead`;
- `memory`: ours, all tokens held;
- `datasets`: Hugging Face's `datasets`, mapped from an Arrow file, shuffled, packed by hand;
- `grain`: grain's own packing, `ConcatThenSplitIterDataset`, of shuffled documents.

Ours shuffle rows, so each reads another document. The peers shuffle documents only, and cut a
batch from one document where it is long: they read less.

Beside them stands a step of the model of `configs/train/tiny.toml`, on batches of the same shape.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from gemsieve.model.training.data.tokens import Tokens

LENGTH, ROWS, SEED = 256, 4, 0
FILE_TOKENS = 5_000_000
WAYS = ("disk", "ahead", "memory", "datasets", "grain")


def write_corpus(data: Path, folder: Path, total: int) -> None:
    """Write the tokens of a sieved folder, over and over, and no manifest of their own."""
    from array_record.python.array_record_module import ArrayRecordReader, ArrayRecordWriter

    from gemsieve.model.tokenizer import train_tokenizer
    from gemsieve.model.training.data.rows import read_texts
    from gemsieve.model.training.data.tokens import OPTIONS, Tokens, TokenShard, write_tokens
    from gemsieve.pipeline.manifest import verify

    manifest = verify(data)
    texts = (text for batch in read_texts(manifest.kept) for text in batch)
    once = write_tokens(manifest, train_tokenizer(texts, 2048, 2_000_000), folder / "once")
    documents: list[bytes] = []
    for path in once.paths:
        reader = ArrayRecordReader(str(path))
        documents += reader.read_all()
        reader.close()
    (folder / "tokens").mkdir()
    copies = max(1, round(total / once.count))
    files = -(-copies * once.count // FILE_TOKENS)
    order = iter(np.array_split(np.arange(copies * len(documents)) % len(documents), files))
    shards = []
    for number, part in enumerate(order):
        name = f"tokens/{number:05d}"
        writer = ArrayRecordWriter(str(folder / f"{name}.array_record"), OPTIONS)
        for document in part:
            writer.write(documents[document])
        writer.close()
        lengths = np.array([len(documents[document]) // once.width for document in part], "<u4")
        lengths.tofile(folder / f"{name}.lengths")
        held = (len(lengths), int(lengths.sum()), 0, "", "")
        shards.append(TokenShard(f"{name}.array_record", *held))
    Tokens(folder, once.manifest, once.tokenizer, once.width, tuple(shards)).write()


def stored(folder: Path) -> Tokens:
    """Return the tokens of a folder, unverified: this measures reading, not proving."""
    from gemsieve.model.training.data.tokens import NAME, Tokens, TokenShard

    body = json.loads((folder / NAME).read_bytes())
    shards = tuple(TokenShard(**shard) for shard in body["shards"])
    return Tokens(folder, body["manifest"], body["tokenizer"], body["width"], shards)


def ours(folder: Path, way: str) -> Iterator[dict[str, np.ndarray]]:
    """Yield batches as the trainer reads them, from disk, ahead, or from memory."""
    from gemsieve.model.training.data.order import batches, read_ahead
    from gemsieve.model.training.data.rows import Documents, Rows, split
    from gemsieve.model.training.data.tokens import read_tokens

    documents: Any = read_tokens(stored(folder))
    if way == "memory":
        whole = documents.between(0, int(documents.bounds[-1]))
        documents = Documents(whole, documents.bounds)
    training, _ = split(documents, 50, SEED)
    found = batches(Rows(training, LENGTH), ROWS, SEED)
    if way == "ahead":
        with read_ahead(found, 0) as reader:
            yield from reader
    yield from (found[step] for step in itertools.count())


def by_datasets(folder: Path) -> Iterator[dict[str, np.ndarray]]:
    """Yield batches packed by hand from shuffled documents in an Arrow file."""
    import datasets

    datasets.disable_progress_bars()
    loaded = datasets.load_from_disk(str(folder / "arrow")).shuffle(seed=SEED)

    def rows() -> Iterator[dict[str, np.ndarray]]:
        tokens, segments, positions = (np.zeros(0, np.int32) for _ in range(3))
        for number, document in enumerate(loaded.with_format("numpy"), 1):
            piece = document["tokens"].astype(np.int32)
            tokens = np.concatenate([tokens, piece])
            segments = np.concatenate([segments, np.full(len(piece), number, np.int32)])
            positions = np.concatenate([positions, np.arange(len(piece), dtype=np.int32)])
            while len(tokens) > LENGTH:
                yield {
                    "tokens": tokens[:LENGTH],
                    "targets": tokens[1 : LENGTH + 1],
                    "segments": segments[:LENGTH],
                    "positions": positions[:LENGTH],
                    "weights": (segments[1 : LENGTH + 1] == segments[:LENGTH]).astype(np.float32),
                }
                tokens, segments, positions = tokens[LENGTH:], segments[LENGTH:], positions[LENGTH:]

    return stacked(rows())


def by_grain(folder: Path) -> Iterator[dict[str, np.ndarray]]:
    """Yield batches that grain packs from shuffled documents in the same files."""
    import grain  # type: ignore[import-untyped]

    found = stored(folder)
    source = grain.sources.ArrayRecordDataSource([str(path) for path in found.paths])
    kind = np.dtype(f"<u{found.width}")

    def columns(record: bytes) -> dict[str, np.ndarray]:
        pieces = np.frombuffer(record, kind).astype(np.int32)
        return {"tokens": pieces[:-1], "targets": pieces[1:]}

    documents = grain.MapDataset.source(source).seed(SEED).shuffle().map(columns)
    packed = grain.experimental.ConcatThenSplitIterDataset(
        documents.to_iter_dataset(grain.ReadOptions(num_threads=0)),
        length_struct={"tokens": LENGTH, "targets": LENGTH},
    )
    yield from packed.batch(ROWS)


def stacked(rows: Iterator[dict[str, np.ndarray]]) -> Iterator[dict[str, np.ndarray]]:
    """Yield rows in batches."""
    while True:
        picked = list(itertools.islice(rows, ROWS))
        yield {name: np.stack([row[name] for row in picked]) for name in picked[0]}


def write_arrow(folder: Path) -> None:
    """Write the same documents for `datasets`."""
    import datasets

    from gemsieve.model.training.data.tokens import read_tokens

    found = read_tokens(stored(folder))

    def make() -> Iterator[dict[str, np.ndarray]]:
        return ({"tokens": np.frombuffer(record, found.kind)} for record in found.records)

    kind = datasets.Features({"tokens": datasets.List(datasets.Value("uint16"))})
    datasets.disable_progress_bars()
    made = datasets.Dataset.from_generator(make, features=kind, cache_dir=str(folder / "cache"))
    made.save_to_disk(str(folder / "arrow"))


def anonymous() -> int:
    """Return this process's memory that no file is behind, in bytes."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("Anonymous:")).split()[1])


def measure(folder: Path, way: str, count: int) -> dict[str, float]:
    """Return what a way of reading takes: bytes beyond the imports', seconds to open and a batch.

    The first batches, which open files, are read and not timed.
    """
    import datasets  # noqa: F401 - so that no way is told from another by its imports
    import grain  # noqa: F401

    before, start = anonymous(), time.process_time()
    readers = {"datasets": by_datasets, "grain": by_grain}
    reader = readers[way](folder) if way in readers else ours(folder, way)
    for _ in itertools.islice(reader, 20):
        pass
    opened = time.process_time() - start
    start = time.process_time()
    for _ in itertools.islice(reader, count):
        pass
    seconds = (time.process_time() - start) / count
    return {"bytes": anonymous() - before, "open": opened, "batch": seconds}


def step_seconds(count: int) -> float:
    """Return the processor time of a step of the default model."""
    import jax

    from gemsieve.model.gemma.transformer import initialise
    from gemsieve.model.training.loss import text_loss
    from gemsieve.model.training.settings import TrainSettings
    from gemsieve.model.training.step import fresh, make_update

    settings = TrainSettings()
    assert settings.data.sequence_length == LENGTH
    assert settings.train.batch_size == ROWS
    state = fresh(settings, initialise(settings.model, 0))
    update = make_update(settings, text_loss(settings.model, settings.execution), {})
    row = np.ones((ROWS, LENGTH), np.int32)
    batch = dict.fromkeys(("tokens", "targets", "segments"), row)
    batch |= {"positions": row.cumsum(axis=1) - 1, "weights": row.astype(np.float32)}
    seconds = []
    for _ in range(count):
        start = time.process_time()
        state, loss, _ = update(state, batch)
        jax.block_until_ready((state.params, loss))  # type: ignore[no-untyped-call]
        seconds.append(time.process_time() - start)
    return median(seconds[2:])


def main() -> None:
    """Measure each way at each size, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="a folder written by `gemsieve filter`")
    parser.add_argument("--tokens", type=int, nargs="+", default=[10_000_000, 100_000_000])
    parser.add_argument("--batches", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", choices=(*WAYS, "step"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.way == "step":
        print(json.dumps({"batch": step_seconds(args.batches)}))
        return
    if args.way:
        print(json.dumps(measure(args.data, args.way, args.batches)))
        return

    def ask(folder: Path, way: str, count: int) -> dict[str, float]:
        command = [sys.executable, __file__, str(folder), "--way", way, "--batches", str(count)]
        answer: dict[str, float] = json.loads(subprocess.check_output(command).splitlines()[-1])
        return answer

    step = ask(args.data, "step", 12)["batch"]
    print(f"a step of the tiny model takes {1e3 * step:.0f} ms of processor time", flush=True)
    for total in args.tokens:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            write_corpus(args.data, folder, total)
            write_arrow(folder)
            rounds = [{w: ask(folder, w, args.batches) for w in WAYS} for _ in range(args.rounds)]
            print(f"{stored(folder).count:,} tokens")
            for way in WAYS:
                batch, opened, held = (
                    median(found[way][name] for found in rounds)
                    for name in ("batch", "open", "bytes")
                )
                print(
                    f"{way:9} {1e3 * batch:7.2f} ms a batch, {batch / step:6.2%} of a step;"
                    f" opened in {opened:5.2f} s; {held / 1e6:7.1f} MB"
                )


if __name__ == "__main__":
    main()
