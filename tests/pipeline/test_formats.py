"""Every format gives the same records: texts, columns and numbers, however a file is cut."""

import bz2
import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from tests.pipeline.spoilt import arrow, cells, parquet

from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.read_jsonl import parse, parse_exactly
from gemsieve.pipeline.reading.record import Broken, Meter, Record
from gemsieve.pipeline.reading.slices import InputError, plan

ROWS: list[dict[str, Any]] = [
    {"text": "The first text, said “so”.", "url": "https://example.org/1", "meta": {"body": "b1"}},
    {"text": 'Two lines\nand a "quoted" word', "url": None, "meta": {"body": "b2"}},
    {"text": "Ein dritter Text: größer", "url": "https://example.org/3", "meta": {"body": "b3"}},
]


def table(rows: Sequence[dict[str, object]]) -> pa.Table:
    """Return rows as a table."""
    return pa.Table.from_pylist(list(rows))


def jsonl(rows: Sequence[dict[str, object]]) -> bytes:
    """Return rows as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def comma(rows: Sequence[dict[str, object]]) -> bytes:
    """Return the text and address of rows as CSV."""
    return cells(["text", "url"], *([str(r["text"]), str(r["url"] or "")] for r in rows))


WRITERS: dict[str, Callable[[Sequence[dict[str, object]]], bytes]] = {
    ".jsonl": jsonl,
    ".jsonl.gz": lambda rows: gzip.compress(jsonl(rows)),
    ".jsonl.zst": lambda rows: zstandard.compress(jsonl(rows)),
    ".jsonl.bz2": lambda rows: bz2.compress(jsonl(rows)),
    ".parquet": lambda rows: parquet(table(rows), row_group_size=1),
    ".arrow": lambda rows: arrow(table(rows), stream=True, batch=1),
    ".ipc": lambda rows: arrow(table(rows), stream=False, batch=1),
    ".csv": comma,
    ".csv.gz": lambda rows: gzip.compress(comma(rows)),
}


def records(
    pattern: Path | str,
    columns: Sequence[str] = (),
    field: str = "text",
    slice_bytes: int = 1 << 26,
    **how: object,
) -> list[Record | Broken]:
    """Read what a pattern names."""
    pieces = plan([str(pattern)], slice_bytes, **how)  # type: ignore[arg-type]
    return [record for piece in pieces for record in read(piece, field, columns, Meter())]


def texts(found: Sequence[Record | Broken]) -> list[str]:
    """Return the texts of records, or their faults."""
    return [one.fault if isinstance(one, Broken) else one.text for one in found]


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_format_gives_texts_columns_and_numbers(suffix: str, tmp_path: Path) -> None:
    """The same rows come out of each format, whole or cut into slices of a row."""
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(WRITERS[suffix](ROWS))
    found = records(path, ("url",))
    assert texts(found) == [row["text"] for row in ROWS]
    assert [one.number for one in found] == [1, 2, 3]
    urls = [one.columns["url"] or None for one in found if isinstance(one, Record)]
    assert urls == [row["url"] for row in ROWS]
    assert records(path, ("url",), slice_bytes=1) == found
    cuttable = not suffix.endswith((".gz", ".zst", ".bz2"))
    assert len(plan([str(path)], 1)) == (3 if cuttable else 1)


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet", ".arrow", ".ipc"])
def test_a_field_of_a_field_is_read(suffix: str, tmp_path: Path) -> None:
    """`meta.body` is a field of a field, as text and as column; a key that holds the dot wins."""
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(WRITERS[suffix](ROWS))
    assert texts(records(path, field="meta.body")) == ["b1", "b2", "b3"]
    assert texts(records(path, field="meta.body.more")) == ["missing_text"] * 3
    assert texts(records(path, field="text.more")) == ["missing_text"] * 3
    (first, *_) = records(path, ("meta.body",))
    assert isinstance(first, Record)
    assert first.columns == {"meta.body": "b1"}
    path.write_bytes(WRITERS[suffix]([row | {"meta.body": "whole"} for row in ROWS]))
    assert texts(records(path, field="meta.body")) == ["whole"] * 3


cell = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(
    rows=st.lists(st.tuples(cell, st.text('a,"\n\r', max_size=6)), max_size=12),
    size=st.integers(1, 60),
)
def test_csv_is_read_as_the_standard_library_reads_it(
    rows: list[tuple[str, str]], size: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever cells hold, and wherever the file is cut, rows are those of `csv`, numbered on."""
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    path.write_bytes(cells(["text", "more"], *rows))
    expected = list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))[1:]
    found = records(path, ("more",), slice_bytes=size)
    assert [one.number for one in found] == list(range(1, len(expected) + 1))
    for one, (text, more) in zip(found, expected, strict=True):
        if isinstance(one, Record):
            assert (one.text, one.columns) == (text, {"more": more})
        else:
            assert not text.strip()


numbers = st.floats() | st.integers(-(2**70), 2**70)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["text", "a", "b.c", "b"]), values), st.booleans())
def test_json_is_parsed_as_the_standard_library_does(row: dict[str, object], plain: bool) -> None:
    """Not a number, surrogates, whole numbers of any size: the fast parser changes none of them."""
    line = json.dumps(row, ensure_ascii=plain).encode("utf-8", "surrogatepass")
    columns = ("a", "b.c", "b")
    assert parse(1, line, "text", columns) == parse_exactly(1, line, "text", columns)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_a_byte_order_mark_tells_the_encoding(encoding: str, tmp_path: Path) -> None:
    """JSONL, CSV and plain text with a mark are read by it, without an option."""
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    for name, content in {
        "a.jsonl": jsonl(ROWS).decode(),
        "a.csv": comma(ROWS).decode(),
        "a.txt": "Größer",
    }.items():
        (tmp_path / name).write_bytes((mark + content).encode(encoding))
    expected = [row["text"] for row in ROWS]
    assert texts(records(tmp_path / "a.jsonl", slice_bytes=1)) == expected
    assert texts(records(tmp_path / "a.csv", slice_bytes=1)) == expected
    assert texts(records(tmp_path / "a.txt")) == ["Größer"]


def test_an_encoding_is_told_for_csv_and_plain_text(tmp_path: Path) -> None:
    """An option names it; bytes that it has not cost their own record; JSON is always UTF-8."""
    (tmp_path / "a.csv").write_bytes("text\nGröße\n".encode("cp1252") + b"\x81\nlast\n")
    assert texts(records(tmp_path / "a.csv", encoding="cp1252")) == [
        "Größe",
        "invalid_utf8",
        "last",
    ]
    (tmp_path / "a.txt").write_bytes("日本語".encode("shift_jis"))
    assert texts(records(tmp_path / "a.txt", encoding="Shift-JIS")) == ["日本語"]
    (tmp_path / "a.jsonl").write_bytes(jsonl(ROWS))
    assert len(records(tmp_path / "a.jsonl", encoding="cp1252")) == 3
    assert plan([str(tmp_path / "a.jsonl")], encoding="cp1252")[0].encoding == ""
    for wrong in ("nonsense", "hex", "rot13"):
        with pytest.raises(InputError, match=f"--encoding {wrong}"):
            plan([str(tmp_path / "a.csv")], encoding=wrong)


def test_plain_text_is_a_record_a_file_or_a_line(tmp_path: Path) -> None:
    """A file is one record with its line ends; by line, each is, and blank ones are told."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\r\ntwo\n\nthree")
    assert texts(records(path)) == ["one\r\ntwo\n\nthree"]
    assert texts(records(path, by_line=True)) == ["one", "two", "blank_line", "three"]
    assert records(path, by_line=True, slice_bytes=1) == records(path, by_line=True)


def test_columns_of_every_type_become_text(tmp_path: Path) -> None:
    """Dictionaries, large strings, bytes, dates and lists of words come along; structs do not."""
    rows = pa.table(
        {
            "text": pa.array(["a"], pa.large_string()),
            "code": pa.array(["x"]).dictionary_encode(),
            "raw": [b"bytes"],
            "when": pa.array([0], pa.timestamp("s")),
            "many": [["no"]],
            "deep": [{"x": 1}],
        }
    )
    pq.write_table(rows, tmp_path / "a.parquet")
    (tmp_path / "a.arrow").write_bytes(arrow(rows, stream=True))
    columns = ("code", "raw", "when", "many", "deep")
    expected = dict(
        zip(columns, ("x", "bytes", "1970-01-01 00:00:00", '["no"]', None), strict=True)
    )
    for name in ("a.parquet", "a.arrow"):
        (one,) = records(tmp_path / name, columns)
        assert isinstance(one, Record)
        assert one.columns == expected
