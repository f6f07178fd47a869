"""What each kept document counts for in training, where the policy of its manifest says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gemsieve.pipeline.manifest import Manifest, ManifestError

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Emphasis:
    """How often each document is read, or how much its tokens weigh in the loss; [documents].

    Attributes:
        copies: Whole numbers, 0 among them; None where each is read once.
        weights: None where all weigh the same.
    """

    copies: Array | None = None
    weights: Array | None = None


def read_emphasis(manifest: Manifest) -> Emphasis:
    """Return what a verified manifest's weights say of its kept documents, in their order.

    Records that were resampled are repeated; others, where they were weighed, weigh.

    Raises:
        ManifestError: The weights are not those of the documents; names the file.
    """
    if not manifest.weights:
        return Emphasis()
    import pyarrow.parquet as pq

    pairs = list(zip(manifest.kept, manifest.weights, strict=True))
    for kept, weighed in pairs:
        if list(ids(kept)) != list(ids(weighed)):
            raise ManifestError(f"{weighed}: not the weights of {kept.name}; run the job again")
    name = "copies" if manifest.mitigation["weights"]["method"] == "resample" else "weight"
    columns = [pq.read_table(path, columns=[name]).column(name).to_numpy() for _, path in pairs]
    found = np.concatenate(columns)
    return Emphasis(copies=found) if name == "copies" else Emphasis(weights=found)


def ids(shard: Path) -> Iterator[str]:
    """Yield the ids of a shard's rows."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(shard) as file:
        for batch in file.iter_batches(columns=["id"]):
            yield from batch.column("id").to_pylist()
