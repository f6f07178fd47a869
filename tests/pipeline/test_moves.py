"""Every record of two runs over the same inputs is counted once, by where it went in both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemsieve.pipeline.compare.moves import ABSENT, moves
from gemsieve.pipeline.manifest import Manifest, Shard

OUTCOMES = ("kept", "redacted", "dropped", "quarantined", ABSENT)
SLICES = 3


def run(folder: Path, outcomes: Sequence[str], slices: int = SLICES) -> Manifest:
    """Write a run in which record i went to the i-th outcome; return its books."""
    shards = []
    for number in range(slices):
        mine = [(f"a:{i}", o) for i, o in enumerate(outcomes) if i % slices == number]
        for part, held in (("kept", ("kept", "redacted")), *((o, (o,)) for o in OUTCOMES[2:4])):
            if rows := [(name, o) for name, o in mine if o in held]:
                path = folder / part / f"{number:05d}-of-{slices:05d}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                actions = ["redact" if o == "redacted" else "keep" for _, o in rows]
                table = {"id": [name for name, _ in rows], "action": actions}
                pq.write_table(pa.table(table if part == "kept" else {"id": table["id"]}), path)
                shards.append(Shard(f"{part}/{path.name}", len(rows), 0, ""))
    inputs = [{"name": "a", "bytes": 10, "records": len(outcomes)}]
    return Manifest(folder, {}, [], inputs, {}, shards, "0.1.0")


PAIRS = st.lists(st.tuples(st.sampled_from(OUTCOMES), st.sampled_from(OUTCOMES)), max_size=40)


@settings(max_examples=15)  # each writes its shards
@given(PAIRS)
def test_each_record_is_counted_where_it_went(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]
) -> None:
    """Whatever became of records, and even if one run has lost some, the counts are theirs."""
    folder = tmp_path_factory.mktemp("runs")
    first = run(folder / "a", [now for now, _ in pairs])
    second = run(folder / "b", [then for _, then in pairs])
    expected = Counter(pairs)
    del expected[ABSENT, ABSENT]
    assert moves(first, second) == expected


def test_runs_over_other_inputs_or_slices_are_not_told(tmp_path: Path) -> None:
    """Ids of different inputs, or shards of another plan, say nothing about the same records."""
    outcomes = ["kept", "dropped"] * 4
    first, second = run(tmp_path / "a", outcomes), run(tmp_path / "b", outcomes)
    assert moves(first, second) == {("kept", "kept"): 4, ("dropped", "dropped"): 4}
    other = [{"name": "a", "bytes": 11, "records": 8}]
    assert moves(first, replace(second, inputs=other)) is None
    assert moves(first, run(tmp_path / "c", outcomes, slices=2)) is None
