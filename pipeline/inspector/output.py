"""What the inspector opens: an output's shards, and a number for each record in them.

Only Parquet footers are read, so that a large output opens as fast as a small one.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gemsieve.pipeline import manifest
from gemsieve.pipeline.annotate import annotations as notes
from gemsieve.pipeline.manifest import OUTCOMES, ManifestError

if TYPE_CHECKING:
    import pyarrow as pa

ANNOTATED = "annotated"
# Few words, many times: read by their dictionaries.
DICTIONARIES = ("source", "reason", "reasons.list.element", "findings.list.element.label")


@dataclass(frozen=True)
class File:
    """One shard: its outcome, and its footer, read once."""

    path: Path
    outcome: str
    footer: Any

    @cached_property
    def columns(self) -> frozenset[str]:
        """The names of its columns."""
        return frozenset(self.footer.schema.to_arrow_schema().names)

    @cached_property
    def dictionaries(self) -> list[str]:
        """The columns of few words that it has, by their paths."""
        schema = self.footer.schema
        paths = {schema.column(i).path for i in range(len(schema))}
        return [path for path in DICTIONARIES if path in paths]


class Group(NamedTuple):
    """A row group: `first` is the number of its first record in the output, from 0."""

    file: File
    place: int
    first: int
    rows: int

    def read(self, columns: Sequence[str]) -> pa.Table:
        """Return these columns, or inner ones as `findings.list.element.label`, in one chunk."""
        import pyarrow.parquet as pq

        shard = self.file
        with pq.ParquetFile(
            shard.path, metadata=shard.footer, read_dictionary=shard.dictionaries
        ) as file:
            return file.read_row_group(self.place, columns, use_threads=False).combine_chunks()


@dataclass(frozen=True)
class Output:
    """A folder of shards that is looked at.

    Attributes:
        state: `finished`, `failed` (at a gate: shards and no manifest) or `annotated`.
        book: The digest (hex) of the file that the job wrote last: marks are made on it alone.
        policy: The name of the policy.
        operators: What the policy writes over findings, where it is known.
        settings: What the job was told, where it is known.
        inputs: The inputs' names and bytes, where they are known.
    """

    folder: Path
    state: str
    book: str
    policy: str
    groups: Sequence[Group]
    operators: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    inputs: Sequence[Mapping[str, Any]] = ()

    @cached_property
    def records(self) -> int:
        """How many records there are."""
        return sum(group.rows for group in self.groups)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many records each outcome has."""
        counts: Counter[str] = Counter()
        for group in self.groups:
            counts[group.file.outcome] += group.rows
        return counts

    @cached_property
    def _firsts(self) -> list[int]:
        return [group.first for group in self.groups]

    def group(self, number: int) -> Group:
        """Return the row group that holds a record.

        Raises:
            LookupError: There is no such record.
        """
        if not 0 <= number < self.records:
            raise LookupError(f"record {number}: there are {self.records}")
        return self.groups[bisect_right(self._firsts, number) - 1]


def open_output(folder: Path) -> Output:
    """Open what `gemsieve filter` or `gemsieve annotate` wrote; digests are not looked at.

    Raises:
        ManifestError: It is neither, or a shard is missing or damaged; names it.
    """
    if (folder / notes.NAME).exists():
        noted = notes.read_annotations(folder)
        paths = [(ANNOTATED, folder / shard.path) for shard in noted.shards]
        return Output(
            folder,
            "annotated",
            digest_of(folder / notes.NAME),
            str(noted.policy["name"]),
            grouped(paths),
            settings=noted.settings,
        )
    try:
        books = manifest.read(folder)
    except manifest.GateError:
        return failed(folder)
    return Output(
        folder,
        "finished",
        digest_of(folder / manifest.NAME),
        books.policy["name"],
        grouped([(o, Path(str(p))) for o in OUTCOMES for p in books.places(o)]),
        operators=books.policy.get("operators", ""),
        settings=books.settings,
        inputs=books.inputs,
    )


def failed(folder: Path) -> Output:
    """Open the shards of a job that did not pass a gate.

    Raises:
        ManifestError: What says so is damaged.
    """
    path = folder / manifest.FAILED
    try:
        policy = json.loads(path.read_bytes())["policy"]
        name, operators = policy["name"], policy["operators"]
    except (ValueError, LookupError, TypeError):
        raise ManifestError(f"{path}: damaged; run the job again") from None
    paths = [(o, p) for o in OUTCOMES for p in sorted((folder / o).glob("*.parquet"))]
    return Output(folder, "failed", digest_of(path), name, grouped(paths), operators=operators)


def digest_of(path: Path) -> str:
    """Return the SHA-256 (hex) of a small file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def grouped(paths: Sequence[tuple[str, Path]]) -> list[Group]:
    """Return the row groups of some shards, numbered through.

    Raises:
        ManifestError: A shard is missing or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    groups: list[Group] = []
    first = 0
    for outcome, path in paths:
        try:
            file = File(path, outcome, pq.read_metadata(path))
        except (OSError, pa.ArrowInvalid):
            raise ManifestError(f"{path}: missing or damaged; run the job again") from None
        for place in range(file.footer.num_row_groups):
            rows = file.footer.row_group(place).num_rows
            groups.append(Group(file, place, first, rows))
            first += rows
    return groups
