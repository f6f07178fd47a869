"""Where each record of one run went in another over the same inputs, shard by shard.

Shards are named by their slices, which the inputs alone fix, so equal inputs have equal shards and
no more than one slice of both runs is held at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gemsieve.pipeline.manifest import OUTCOMES, Manifest, ManifestError
from gemsieve.pipeline.storage import readable

if TYPE_CHECKING:
    import pyarrow as pa

ABSENT = "absent"  # from a run: it was taken down
Moves = Mapping[tuple[str, str], int]


def moves(first: Manifest, second: Manifest) -> Moves | None:
    """Return records by outcome in the first and in the second run; None where slices differ.

    Outcomes are those of a tally: kept, redacted, dropped, quarantined.

    Raises:
        ManifestError: A shard is missing or damaged.
    """
    if list(first.inputs) != list(second.inputs) or len(pieces(first) | pieces(second)) > 1:
        return None
    counts: Counter[tuple[str, str]] = Counter()
    for name in sorted(shards(first) | shards(second)):
        both = fates(first, name).join(
            fates(second, name), "id", join_type="full outer", right_suffix=" then"
        )
        found = both.group_by(["outcome", "outcome then"]).aggregate([([], "count_all")])
        for row in found.to_pylist():
            now, then = row["outcome"] or ABSENT, row["outcome then"] or ABSENT
            counts[now, then] += row["count_all"]
    return counts


def shards(books: Manifest) -> set[str]:
    """Return the names of a run's shards, without the folders of their outcomes."""
    paths = (shard.path.split("/") for shard in books.shards)
    return {name for folder, name in paths if folder in OUTCOMES}


def pieces(books: Manifest) -> set[str]:
    """Return what shards' names say of the number of slices: one value, or none without shards."""
    return {name.split("-of-")[-1] for name in shards(books)}


def fates(books: Manifest, name: str) -> pa.Table:
    """Return the id and outcome of every record of one slice."""
    import pyarrow as pa

    paths = {shard.path for shard in books.shards}
    tables = [fate(books, o, name) for o in OUTCOMES if f"{o}/{name}" in paths]
    none = pa.table({"id": pa.array([], pa.string()), "outcome": pa.array([], pa.string())})
    return pa.concat_tables([none, *tables])


def fate(books: Manifest, outcome: str, name: str) -> pa.Table:
    """Return the id and outcome of every record of one shard."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    columns = ["id", "action"] if outcome == "kept" else ["id"]
    place = books.folder / outcome / name
    try:
        with pq.ParquetFile(readable(place)) as file:
            table = file.read(columns=columns)
    except (pa.ArrowException, OSError) as error:
        kind = type(error).__name__
        raise ManifestError(f"{place}: cannot be read ({kind}); run the job again") from None
    if outcome == "kept":
        redacted = pc.equal(table["action"], "redact")
        return pa.table({"id": table["id"], "outcome": pc.if_else(redacted, "redacted", "kept")})
    return pa.table({"id": table["id"], "outcome": pa.array([outcome] * len(table), pa.string())})
