"""Write one slice's shards: each appears whole, under a name fixed by its slice, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemsieve.filters.finding import Finding
from gemsieve.pipeline.draft import Draft
from gemsieve.pipeline.manifest import Shard
from gemsieve.pipeline.row_group import RowGroup
from gemsieve.pipeline.storage import Location

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

# Enough for readers to scan, too little for a reader's memory to show: measured in bench/NOTES.md.
ROW_GROUP_BYTES = 16 << 20

# Columns of which the file tells the least and greatest value, page by page: a reader finds a
# record or an outcome without reading the rest. Never of texts: a footer would hold their words.
RANGES = ("id", "source", "action", "reason", "fault")


def schema(
    outcome: str,
    columns: Sequence[str] = (),
    lists: Sequence[str] = (),
    *,
    dropped_text: bool = False,
) -> pa.Schema:
    """Return the columns of one outcome's shards.

    Args:
        outcome: `kept`, `dropped` or `quarantined`.
        columns: Columns of texts that stand beside each text.
        lists: Columns of lists of words that kept shards have besides.
        dropped_text: Whether dropped records have their text.
    """
    import pyarrow as pa

    texts = outcome == "kept" or (outcome == "dropped" and dropped_text)
    fields = [("id", pa.string()), ("source", pa.string())]
    if texts:
        fields += [("text", pa.string())]
    if outcome == "kept":
        fields += [("action", pa.string())]
    if outcome == "quarantined":
        fields += [("reason", pa.string())]
    else:
        fields += [("reasons", pa.list_(pa.string())), ("findings", findings_type())]
    if outcome == "kept":
        fields += [(name, pa.list_(pa.string())) for name in lists]
    if texts:
        fields += [(name, pa.string()) for name in columns]
    return pa.schema(fields)


def findings_type() -> pa.ListType:
    """Return the type of a column of findings."""
    import pyarrow as pa

    finding = pa.struct(
        [
            pa.field("label", pa.string(), nullable=False),
            pa.field("score", pa.float64(), nullable=False),
            pa.field("start", pa.int32()),
            pa.field("end", pa.int32()),
        ]
    )
    return pa.list_(finding)


def findings_array(rows: Sequence[Sequence[Finding]], kind: pa.ListType) -> pa.ListArray:
    """Return findings as Arrow, column by column: a dict a finding would cost the most of all."""
    import numpy as np
    import pyarrow as pa

    flat = [finding for row in rows for finding in row]
    spans = [finding.span or (None, None) for finding in flat]
    values = pa.StructArray.from_arrays(
        [
            pa.array([finding.label for finding in flat], pa.string()),
            pa.array([finding.score for finding in flat], pa.float64()),
            pa.array([start for start, _ in spans], pa.int32()),
            pa.array([end for _, end in spans], pa.int32()),
        ],
        fields=list(kind.value_type),
    )
    offsets = np.cumsum([0, *(len(row) for row in rows)], dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values, type=kind)


def parquet_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Return a writer of a file as all shards are: its row groups are those that it is given."""
    import pyarrow.parquet as pq

    told = [name for name in schema.names if name in RANGES]
    return pq.ParquetWriter(
        path, schema, compression="zstd", write_statistics=told, write_page_index=True
    )


class ShardWriter(Draft):
    """Writes the rows of one outcome; `publish` gives the shard its name."""

    def __init__(
        self, folder: Location, drafts: Path, outcome: str, name: str, schema: pa.Schema
    ) -> None:
        super().__init__(folder, drafts, f"{outcome}/{name}", f"{outcome}-{name}")
        self._schema = schema
        self._writer: Any = None
        self._group: RowGroup | None = None

    def close(self) -> None:
        """End the file."""
        if self._group is not None:
            self._group.close()
            self._group = None
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def write(self, rows: Mapping[str, Sequence[Any]]) -> None:
        """Add rows, given as columns."""
        import pyarrow as pa

        if not rows["id"]:
            return
        arrays = [
            findings_array(rows[field.name], field.type)
            if field.name == "findings"
            else pa.array(rows[field.name], field.type)
            for field in self._schema
        ]
        batch = pa.RecordBatch.from_arrays(arrays, schema=self._schema)
        if self._group is None:
            self._group = RowGroup(self._draft.parent, self._schema)
        self._group.add(batch)
        self.records += batch.num_rows
        if self._group.bytes >= ROW_GROUP_BYTES:
            self._flush(self._group)

    def _flush(self, group: RowGroup) -> None:
        if self._writer is None:
            self._writer = parquet_writer(self._draft, self._schema)
        table = group.table()
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        group.close()
        self._group = None

    def publish(self) -> Shard | None:
        """Finish the file, give it its final name and describe it; no rows, no file."""
        if not self.records:
            return None
        if self._group is not None:
            self._flush(self._group)
        self.close()
        return self.named()
