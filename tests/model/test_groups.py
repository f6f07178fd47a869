"""Held-out text in groups: every document in one, measured as much as it has text."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.model.training.data.groups import (
    MOST,
    OTHER,
    Groups,
    grouped,
    held_out_names,
    of_all,
    together,
)
from gemsieve.model.training.data.rows import Documents
from gemsieve.pipeline.write import findings_type

names = st.lists(st.sampled_from([*"abcdefghijklmnopq"]), min_size=2, max_size=40)


def documents_of(lengths: list[int]) -> Documents:
    """Make documents whose tokens are all different, so that each can be traced."""
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    return Documents(np.arange(1, bounds[-1] + 1), bounds)


@given(names, st.integers(1, 50))
def test_every_document_is_in_one_group(drawn: list[str], limit: int) -> None:
    """All next tokens are there once; groups are few, the largest first, each with a row or more.

    Rows are shared out about as the text is.
    """
    documents = documents_of([3 + i % 5 for i in range(len(drawn))])
    rows = grouped(documents, drawn, length=8)
    learned = Counter(
        int(target)
        for row in (rows[i] for i in range(len(rows)))
        for target, weight in zip(row["targets"], row["weights"], strict=True)
        if weight
    )
    starts = set(documents.bounds[:-1])
    assert learned == Counter(t + 1 for t in range(documents.bounds[-1]) if t not in starts)
    if not isinstance(rows, Groups):
        assert len(set(drawn)) == 1
        return
    assert len(rows.names) == min(MOST, len(set(drawn)))
    assert (OTHER in rows.names) == (len(set(drawn)) > MOST)
    sizes = [int(one.documents.bounds[-1]) for name, one in parts(rows) if name != OTHER]
    assert sizes == sorted(sizes, reverse=True)
    shares = rows.shares(limit)
    assert all(1 <= share <= len(one) for share, (_, one) in zip(shares, parts(rows), strict=True))
    assert sum(shares) <= min(limit, len(rows)) + len(shares)


def parts(rows: Groups) -> list[tuple[str, Any]]:
    """Return groups' names and rows."""
    return list(zip(rows.names, rows.rows, strict=True))


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return two kept shards of twelve documents, as the job writes their columns."""
    folder = tmp_path_factory.mktemp("kept")

    def finding(label: str, score: float, start: int | None = None) -> dict[str, Any]:
        return {"label": label, "score": score, "start": start, "end": start and start + 1}

    languages = [
        [finding("pii.email_address", 1.0, 3), finding("language.de", 0.9)],
        [finding("language.en", 0.4), finding("language.fr", 0.3)],
        [],
    ]
    for shard in range(2):
        columns = {
            "source": pa.array(["web", None, "wiki"] * 2, pa.string()),
            "findings": pa.array(languages * 2, findings_type()),
        }
        pq.write_table(pa.table(columns), folder / f"{shard}.parquet")
    return sorted(folder.iterdir())


def test_groups_are_read_of_the_shards(shards: list[Path]) -> None:
    """Every n-th document's source, or its language where one is likelier than all others."""
    assert held_out_names(shards, "source", 4) == ["web", "unknown", "wiki"]
    assert held_out_names(shards, "language", 4) == ["de", "unknown", "unknown"]
    assert len(held_out_names(shards, "source", 2)) == 6
    assert held_out_names(shards, "source", 100) == []


def test_shards_without_the_column_have_no_groups(tmp_path: Path) -> None:
    """Older or foreign shards are measured as one."""
    pq.write_table(pa.table({"text": ["a", "b"]}), tmp_path / "0.parquet")
    assert held_out_names([tmp_path / "0.parquet"], "source", 2) == []


def test_the_mean_is_over_tokens() -> None:
    """A group counts by its tokens, and one that was not measured is not told."""
    rows = grouped(documents_of([9, 5, 5]), ["a", "b", "c"], length=4)
    assert isinstance(rows, Groups)
    found = together(rows, [({"loss": 6.0}, 3.0), ({"loss": 1.0}, 1.0), ({"loss": 0.0}, 0.0)])
    assert found == {"loss": 1.75, "by": {"a": 2.0, "b": 1.0}, "tokens": {"a": 3, "b": 1}}
    measures, groups = of_all({"x": found, "y": {"loss": 2.0}})
    assert measures == {"loss/x": 1.75, "loss/y": 2.0}
    assert groups == {"by": {"x/a": 2.0, "x/b": 1.0}, "tokens": {"x/a": 3, "x/b": 1}}
