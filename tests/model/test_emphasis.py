"""The trainer reads each kept document as often, or weighs it as much, as the weights say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gemsieve.model.training.data.emphasis import Emphasis, read_emphasis
from gemsieve.model.training.data.rows import Documents, Rows, split
from gemsieve.pipeline.manifest import Manifest, ManifestError, Shard, sha256_of, verify, write

IDS = [[f"a.jsonl:{i}" for i in range(1, 41)], [f"b.jsonl:{i}" for i in range(1, 31)]]
COPIES = [[i % 4 for i in range(40)], [(i * 7) % 3 for i in range(30)]]


def write_data(folder: Path, method: str, ids: list[list[str]]) -> Manifest:
    """Write kept shards with weights beside them, and the manifest that vouches for both."""
    listed = []
    for number, names in enumerate(IDS):
        columns = {"id": ids[number], "weight": [0.5 + n for n in COPIES[number]]}
        columns |= {"copies": COPIES[number]} if method == "resample" else {}
        for part, table in (("kept", {"id": names, "text": names}), ("weights", columns)):
            path = folder / part / f"{number}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.table(table), path)
            digest = sha256_of(path)
            listed.append(Shard(f"{part}/{path.name}", len(names), path.stat().st_size, digest))
    counts = {"in": 70, "kept": 70, "dropped": 0, "quarantined": 0}
    told = {"weights": {"method": method}}
    shards = sorted(listed, key=lambda shard: shard.path)
    books = Manifest(folder, {}, [], [], counts, shards, "0", mitigation=told)
    write(books)
    return verify(folder)


def documents() -> Documents:
    """Return documents of four tokens, each its own number, as many as there are records."""
    return Documents(np.repeat(np.arange(70), 4), np.arange(0, 281, 4))


def read(part: Documents) -> Counter[int]:
    """Return how often each document is there."""
    return Counter(part.tokens[part.bounds[:-1]].tolist())


def test_copies_are_read_and_held_out_documents_are_not(tmp_path: Path) -> None:
    """The multiset that is trained on is that of the copies; every tenth is held out, once."""
    emphasis = read_emphasis(write_data(tmp_path, "resample", IDS))
    assert emphasis.weights is None
    training, held_out = split(documents(), 10, 0, emphasis)
    copies = [n for shard in COPIES for n in shard]
    expected = Counter({i: n for i, n in enumerate(copies) if i % 10 != 9})
    assert read(training) == +expected
    assert read(held_out) == Counter(range(9, 70, 10))
    again, _ = split(documents(), 10, 0, emphasis)
    assert again.tokens.tolist() == training.tokens.tolist()


def test_weights_weigh_each_documents_tokens(tmp_path: Path) -> None:
    """Each document is read once, its tokens weigh what the file says, held-out ones 1."""
    emphasis = read_emphasis(write_data(tmp_path, "weight", IDS))
    assert emphasis.copies is None
    training, held_out = split(documents(), 10, 0, emphasis)
    weights = [0.5 + n for shard in COPIES for n in shard]
    rows = Rows(training, 16)
    seen: Counter[int] = Counter()
    for row in (rows[i] for i in range(len(rows))):
        for target, weight in zip(row["targets"], row["weights"], strict=True):
            if weight:
                assert weight == weights[target]
                seen[int(target)] += 1
    assert seen == Counter({i: 3 for i in range(70) if i % 10 != 9})
    assert set(Rows(held_out, 16)[0]["weights"].tolist()) == {0.0, 1.0}


def test_without_weights_nothing_changes(data: Path) -> None:
    """A manifest without weights leaves the split as it was, to the bit."""
    assert read_emphasis(verify(data)) == Emphasis()
    plain, emphasised = split(documents(), 10, 3), split(documents(), 10, 3, Emphasis())
    assert plain[0].tokens.tolist() == emphasised[0].tokens.tolist()


def test_weights_of_other_records_are_refused(tmp_path: Path) -> None:
    """Ids that are not the kept shard's, in its order, are an error that names the file."""
    books = write_data(tmp_path, "weight", [IDS[0][::-1], IDS[1]])
    with pytest.raises(ManifestError, match=r"weights/0\.parquet: not the weights of 0\.parquet"):
        read_emphasis(books)
