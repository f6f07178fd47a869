"""Slices are fixed by the input alone, cover it once, and know the number of their first record."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.pipeline.reading.cut import line_runs
from gemsieve.pipeline.reading.slices import InputError, plan


@given(st.lists(st.binary(max_size=40), max_size=40), st.integers(1, 200), st.booleans())
def test_runs_cover_the_lines_once(rows: list[bytes], size: int, ended: bool) -> None:
    """Concatenated runs are the file; each starts at a line whose number it knows."""
    content = b"\n".join(row.replace(b"\n", b"") for row in rows) + b"\n" * ended
    runs = list(line_runs(io.BytesIO(content), size))
    assert b"".join(content[start:end] for start, end, _ in runs) == content
    for start, _, first in runs:
        assert start == 0 or content[start - 1 : start] == b"\n"
        assert content[:start].count(b"\n") == first - 1


def test_a_large_plain_file_is_cut_and_a_compressed_one_is_not(tmp_path: Path) -> None:
    """Only what can be entered in the middle is cut."""
    line = b'{"text": "some words"}\n'
    (tmp_path / "a.jsonl").write_bytes(line * 200_000)
    (tmp_path / "b.jsonl.gz").write_bytes(line * 200_000)
    pieces = plan([str(tmp_path / "*")], slice_bytes=1 << 20)
    assert [p.source for p in pieces].count("b.jsonl.gz") == 1
    cut = [p for p in pieces if p.source == "a.jsonl"]
    assert len(cut) == 5
    assert [p.number for p in pieces] == list(range(len(pieces)))
    assert cut[1].first == cut[1].start // len(line) + 1


def test_parquet_is_cut_at_row_groups(tmp_path: Path) -> None:
    """Row groups gather into slices; the first record of each is counted from the footer."""
    table = pa.table({"text": ["words " * 20] * 100})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=10, use_dictionary=False)
    pieces = plan([str(tmp_path / "t.parquet")], slice_bytes=1)
    assert [(p.start, p.end, p.first) for p in pieces[:2]] == [(0, 1, 1), (1, 2, 11)]
    assert len(pieces) == 10


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """Two files with the same last part are named by their path below the common folder."""
    for folder in ("en", "de"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "data.jsonl").write_text("{}\n")
    assert [p.source for p in plan([str(tmp_path / "*" / "*")])] == [
        "de/data.jsonl",
        "en/data.jsonl",
    ]


def test_what_cannot_be_planned_is_named(tmp_path: Path) -> None:
    """A pattern without files, an unknown kind and a file named twice are errors."""
    (tmp_path / "a.docx").write_text("")
    (tmp_path / "a.jsonl").write_text("")
    with pytest.raises(InputError, match=r"none\.jsonl: no such file"):
        plan([str(tmp_path / "none.jsonl")])
    with pytest.raises(InputError, match=r"a\.docx: unknown kind"):
        plan([str(tmp_path / "a.docx")])
    with pytest.raises(InputError, match="named twice"):
        plan([str(tmp_path / "a.jsonl"), str(tmp_path / "*.jsonl")])
