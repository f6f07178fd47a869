"""Readers: every line and row comes out once, as a record or as a named fault."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.pipeline.reading import record
from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.record import MAX_RECORD_BYTES, Broken, Meter, Record
from gemsieve.pipeline.reading.slices import plan

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".jsonl": bytes,
    ".jsonl.gz": gzip.compress,
    ".jsonl.zst": zstandard.ZstdCompressor().compress,
}


def records(path: Path, columns: tuple[str, ...] = ()) -> list[Record | Broken]:
    """Read a whole file."""
    return [r for piece in plan([str(path)]) for r in read(piece, "text", columns, Meter())]


def faults(path: Path) -> list[str]:
    """Read a whole file; a good record is `ok`."""
    return [r.fault if isinstance(r, Broken) else "ok" for r in records(path)]


@pytest.mark.parametrize("suffix", PACKERS)
def test_every_kind_of_bad_line_is_named(tmp_path: Path, suffix: str) -> None:
    """Each bad line is quarantined under its own fault and number; the good ones around it stay."""
    lines = [
        b'{"text": "good"}',
        b'{"text": "open',
        b"",
        b"[1]",
        b'{"body": "x"}',
        b'{"text": null}',
        b'{"text": 5}',
        b'{"text": "  "}',
        b'{"text": "\xff"}',
        b'{"text": "\\ud800"}',
        b"[" * 100_000,
        b'{"text": ' + b"9" * 10_000 + b"}",
        b'{"text": "last, without a newline"}',
    ]
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(PACKERS[suffix](b"\xef\xbb\xbf" + b"\n".join(lines)))
    assert faults(path) == [
        "ok",
        "malformed_json",
        "blank_line",
        "not_an_object",
        "missing_text",
        "missing_text",
        "text_not_string",
        "empty_text",
        "invalid_utf8",
        "lone_surrogate",
        "malformed_json",
        "malformed_json",
        "ok",
    ]
    assert [r.number for r in records(path)] == list(range(1, len(lines) + 1))


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".jsonl.zst"])
def test_a_truncated_file_keeps_what_came_before(tmp_path: Path, suffix: str) -> None:
    """A stream that breaks off is one more record, and whole lines before it are kept."""
    lines = b"".join(
        json.dumps({"text": f"number {i} {i * i}"}).encode() + b"\n" for i in range(9_000)
    )
    packed = PACKERS[suffix](lines)
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(packed[: len(packed) * 2 // 3])
    *before, last = records(path)
    assert before
    assert all(isinstance(record, Record) for record in before)
    assert last == Broken(len(before) + 1, "truncated_input")


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".jsonl.zst"])
def test_a_damaged_file_ends_in_a_fault(tmp_path: Path, suffix: str) -> None:
    """Bytes that are no such archive are one truncated record, not a crash."""
    path = tmp_path / f"junk{suffix}"
    path.write_bytes(b"this is no archive at all")
    assert faults(path) == ["truncated_input"]


@pytest.mark.parametrize("suffix", PACKERS)
def test_members_and_frames_follow_one_another(tmp_path: Path, suffix: str) -> None:
    """A file made by concatenation is read to its end."""
    path = tmp_path / f"two{suffix}"
    path.write_bytes(PACKERS[suffix](b'{"text": "a"}\n') + PACKERS[suffix](b'{"text": "b"}\n'))
    assert faults(path) == ["ok", "ok"]


def test_a_record_of_any_size_is_one_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text or line beyond the limit is quarantined, and the next line is read as usual."""
    path = tmp_path / "large.jsonl"
    big = json.dumps({"text": "x" * (MAX_RECORD_BYTES + 1)}).encode()
    monkeypatch.setattr(record, "MAX_LINE_BYTES", MAX_RECORD_BYTES * 2)
    path.write_bytes(big + b"\n" + b" " * (3 * MAX_RECORD_BYTES) + b"\n" + b'{"text": "next"}')
    assert faults(path) == ["too_large", "too_large", "ok"]


@given(
    rows=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=30),
    size=st.integers(1, 300),
)
def test_slices_of_a_file_read_as_the_file(
    rows: list[str], size: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """However a file is cut, its slices give the same records with the same numbers."""
    path = tmp_path_factory.mktemp("slices") / "rows.jsonl"
    path.write_text("".join(json.dumps({"text": row}) + "\n" for row in rows))
    cut = [r for p in plan([str(path)], size) for r in read(p, "text", (), Meter())]
    assert cut == records(path)


def test_columns_come_along_as_text(tmp_path: Path) -> None:
    """Asked-for columns are strings or nothing, from JSON and from Parquet alike."""
    rows = [{"text": "a", "url": "u", "n": 1, "deep": {"x": 1}}, {"text": "b"}]
    path = tmp_path / "c.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    expected = [{"url": "u", "n": "1", "deep": None}, {"url": None, "n": None, "deep": None}]
    names = ("url", "n", "deep")
    assert [r.columns for r in records(path, names) if isinstance(r, Record)] == expected
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "c.parquet")
    parquet = records(tmp_path / "c.parquet", names)
    assert [r.columns for r in parquet if isinstance(r, Record)] == expected


def test_parquet_faults_are_named(tmp_path: Path) -> None:
    """A null, a wrong type, bad UTF-8, no such column and a file that is none each have a name."""
    bad = pa.array([b"ok", b"\xff", None, b""], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": bad}), tmp_path / "a.parquet")
    assert faults(tmp_path / "a.parquet") == ["ok", "invalid_utf8", "missing_text", "empty_text"]
    pq.write_table(pa.table({"text": [1, 2]}), tmp_path / "b.parquet")
    assert faults(tmp_path / "b.parquet") == ["text_not_string"] * 2
    pq.write_table(pa.table({"body": ["x", "y"]}), tmp_path / "c.parquet")
    assert faults(tmp_path / "c.parquet") == ["missing_text"] * 2
    (tmp_path / "d.parquet").write_bytes(b"PAR1 no more")
    assert faults(tmp_path / "d.parquet") == ["unreadable_file"]


def test_a_damaged_row_group_costs_its_own_rows(tmp_path: Path) -> None:
    """Rows of a page that cannot be read are quarantined one by one; later groups are read."""
    texts = [f"text number {i} with words" for i in range(3000)]
    path = tmp_path / "e.parquet"
    pq.write_table(pa.table({"text": texts}), path, row_group_size=1000, use_dictionary=False)
    chunk = pq.read_metadata(path).row_group(1).column(0)
    content = bytearray(path.read_bytes())
    middle = chunk.data_page_offset + chunk.total_compressed_size // 2
    content[middle : middle + 64] = bytes(64)
    content[chunk.data_page_offset : chunk.data_page_offset + 8] = b"\xff" * 8
    path.write_bytes(content)
    found = faults(path)
    assert len(found) == 3000
    assert found[:1000] == found[2000:] == ["ok"] * 1000
    assert set(found[1000:2000]) == {"truncated_input"}
