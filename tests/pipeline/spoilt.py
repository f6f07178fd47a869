"""Well-formed files of every kind as bytes, and ways to spoil them."""

import csv
import io
import json
import struct
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from gemsieve.pipeline.reading import record

GOOD = "Some words of a harmless text."
ROW = json.dumps({"text": GOOD}).encode() + b"\n"
PAGE = f"<html><body><p>{GOOD}</p></body></html>".encode()
MEGABYTE = 1 << 20


def packed(rows: int = 3000) -> bytes:
    """Return rows that differ, so that they do not vanish when compressed."""
    return b"".join(json.dumps({"text": f"{GOOD} {i * i}"}).encode() + b"\n" for i in range(rows))


def flipped(content: bytes, place: int) -> bytes:
    """Return bytes with one of them changed."""
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place:][1:]


def zstd(content: bytes) -> bytes:
    """Compress, with a checksum."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


def of_dictionary(content: bytes) -> bytes:
    """Compress with a dictionary that the reader lacks."""
    words = zstandard.train_dictionary(1 << 12, [*(packed(20)[i::7] for i in range(7))] * 20)
    return zstandard.ZstdCompressor(dict_data=words).compress(content)


def wide_window() -> bytes:
    """Return a frame that asks its reader for 2 GB of memory."""
    header = b"\x28\xb5\x2f\xfd" + bytes([0b00000000, 21 << 3])
    return header + struct.pack("<I", (5 << 3) | 1)[:3] + b"hello"


def bomb(packer: Any) -> bytes:
    """Return a line of blanks far beyond the limit, between two good ones, in a few kB."""
    blanks = (
        packer.compress(b" " * MEGABYTE) for _ in range(2 * record.MAX_LINE_BYTES // MEGABYTE)
    )
    return b"".join([packer.compress(ROW), *blanks, packer.compress(b"\n" + ROW), packer.flush()])


def cells(*rows: Sequence[str]) -> bytes:
    """Return rows as CSV."""
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()


def parquet(table: pa.Table, **options: Any) -> bytes:
    """Return a table as a Parquet file."""
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def texts(n: int = 3) -> pa.Table:
    """Return a table of good rows."""
    return pa.table({"text": [f"{GOOD} {i}" for i in range(n)]})


def arrow(table: pa.Table, *, stream: bool, batch: int = 2) -> bytes:
    """Return a table as Arrow IPC."""
    sink = pa.BufferOutputStream()
    make = pa.ipc.new_stream if stream else pa.ipc.new_file
    with make(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=batch)
    return bytes(sink.getvalue())


def warc(
    content: bytes,
    kind: str = "response",
    content_type: str = "application/http; msgtype=response",
    length: object = None,
) -> bytes:
    """Return one record of a WARC."""
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://example.org/page\r\n"
        f"Content-Type: {content_type}\r\n"
        f"Content-Length: {len(content) if length is None else length}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n\r\n"


def http(body: bytes = PAGE, *headers: str, status: str = "200 OK") -> bytes:
    """Return a response."""
    told = headers or ("Content-Type: text/html; charset=utf-8",)
    return "\r\n".join([f"HTTP/1.1 {status}", *told, "", ""]).encode() + body


def chunked(body: bytes) -> bytes:
    """Return a body in one chunk."""
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def damaged_footer() -> bytes:
    """Return a Parquet file whose footer is where it says, and is none."""
    content = parquet(texts())
    length = int.from_bytes(content[-8:-4], "little")
    return content[: -8 - length] + b"\xff" * length + content[-8:]


def bad_pages() -> bytes:
    """Return a Parquet file whose second row group's pages are damaged."""
    table = pa.table({"text": [f"{GOOD} {i}" for i in range(30)]})
    content = bytearray(parquet(table, row_group_size=10, use_dictionary=False))
    chunk = pq.read_metadata(io.BytesIO(bytes(content))).row_group(1).column(0)
    start = chunk.data_page_offset
    content[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    return bytes(content)


def swollen() -> bytes:
    """Return rows of one text just beyond the limit, which take a few kB on disk."""
    return parquet(pa.table({"text": ["x" * (record.MAX_RECORD_BYTES + 1)] * 3 + [GOOD]}))


PAGE_RECORD = warc(http())
HTML = "Content-Type: text/html; charset=utf-8"
CHUNKED, GZIP = "Transfer-Encoding: chunked", "Content-Encoding: gzip"
TRUNCATED = "truncated_input"
