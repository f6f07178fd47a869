"""Malformed inputs: a kind of harm and a format each, made here, with what is to become of it.

A case's `expected` holds the fault of each record in order, "ok" for a good one; a pair stands
for so many in a row. Each case covers a kind of harm in a format, or a place of it, that no other
does.
"""

import bz2
import gzip
import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pyarrow as pa
import zstandard
from tests.pipeline.spoilt import (
    CHUNKED,
    GOOD,
    GZIP,
    HTML,
    MEGABYTE,
    PAGE,
    PAGE_RECORD,
    ROW,
    TRUNCATED,
    arrow,
    bad_pages,
    bomb,
    cells,
    chunked,
    damaged_footer,
    flipped,
    http,
    of_dictionary,
    parquet,
    swollen,
    texts,
    warc,
    wide_window,
    zstd,
)

from gemsieve.pipeline.reading import record

Expected = Sequence[str | tuple[str, int]]


class Case(NamedTuple):
    """One malformed file."""

    name: str
    content: Callable[[], bytes]
    expected: Expected


JSONL = [
    Case("empty.jsonl", lambda: b"", []),
    Case("cut_in_a_line.jsonl", lambda: (ROW * 2)[:-9], ["ok", "malformed_json"]),
    Case("binary.jsonl", lambda: b"\x89PNG\r\n\x1a\n", ["invalid_utf8", "malformed_json"]),
    Case(
        "utf16_odd_bytes.jsonl",
        lambda: ROW.decode().encode("utf-16") * 1 + b"\x00",
        ["ok", "invalid_utf8"],
    ),
    Case(
        "utf16_half_pair.jsonl",
        lambda: (
            b"\xff\xfe"
            + b'{"text": "'.decode().encode("utf-16-le")
            + b"\x00\xd8"
            + '"}\n'.encode("utf-16-le")
            + ROW.decode().encode("utf-16-le")
        ),
        ["invalid_utf8", "ok"],
    ),
    Case(
        "field_of_no_object.jsonl",
        lambda: b'{"text": {"body": "x"}}\n' + ROW,
        ["text_not_string", "ok"],
    ),
    Case(
        "huge_number.jsonl",
        lambda: b'{"text": "' + GOOD.encode() + b'", "n": ' + b"9" * 5000 + b"}\n",
        ["malformed_json"],
    ),
    Case(
        "deep.jsonl", lambda: b'{"text": ' + b"[" * 200_000 + b"\n" + ROW, ["malformed_json", "ok"]
    ),
    Case("nan.jsonl", lambda: b'{"text": "' + GOOD.encode() + b'", "score": NaN}\n', ["ok"]),
    Case("half_pair.jsonl", lambda: b'{"text": "\\ud83d"}\n' + ROW, ["lone_surrogate", "ok"]),
    Case(
        "long_line.jsonl",
        lambda: b" " * (record.MAX_LINE_BYTES + 5) + b"\n" + ROW,
        ["too_large", "ok"],
    ),
    Case(
        "carriage_returns.jsonl",
        lambda: ROW.strip() + b"\r" + ROW.strip() + b"\r",
        ["malformed_json"],
    ),
]

COMPRESSED = [
    Case("empty.jsonl.gz", lambda: b"", []),
    Case("nothing_inside.jsonl.gz", lambda: gzip.compress(b""), []),
    Case("no_archive.jsonl.gz", lambda: ROW, [TRUNCATED]),
    Case("cut_in_header.jsonl.gz", lambda: gzip.compress(ROW)[:6], [TRUNCATED]),
    Case("cut_before_checksum.jsonl.gz", lambda: gzip.compress(ROW)[:-8], ["ok", TRUNCATED]),
    Case("wrong_checksum.jsonl.gz", lambda: flipped(gzip.compress(ROW), -8), ["ok", TRUNCATED]),
    Case("wrong_length.jsonl.gz", lambda: flipped(gzip.compress(ROW), -1), ["ok", TRUNCATED]),
    Case(
        "second_member_cut.jsonl.gz",
        lambda: gzip.compress(ROW) + gzip.compress(ROW)[:-12],
        ["ok", TRUNCATED],
    ),
    Case("junk_after_member.jsonl.gz", lambda: gzip.compress(ROW) + b"junk", ["ok", TRUNCATED]),
    Case("zeros_after_member.jsonl.gz", lambda: gzip.compress(ROW) + bytes(512), ["ok"]),
    Case(
        "bomb.jsonl.gz",
        lambda: bomb(zlib.compressobj(9, zlib.DEFLATED, 31)),
        ["ok", "too_large", "ok"],
    ),
    Case("empty.jsonl.zst", lambda: b"", []),
    Case("nothing_inside.jsonl.zst", lambda: zstd(b""), []),
    Case("no_archive.jsonl.zst", lambda: ROW, [TRUNCATED]),
    Case("cut.jsonl.zst", lambda: zstd(ROW)[:-3], ["ok", TRUNCATED]),
    Case("wrong_checksum.jsonl.zst", lambda: flipped(zstd(ROW), -1), [TRUNCATED]),
    Case("no_dictionary.jsonl.zst", lambda: of_dictionary(ROW), [TRUNCATED]),
    Case("wide_window.jsonl.zst", wide_window, [TRUNCATED]),
    Case(
        "bomb.jsonl.zst",
        lambda: bomb(zstandard.ZstdCompressor().compressobj()),
        ["ok", "too_large", "ok"],
    ),
    Case("empty.jsonl.bz2", lambda: b"", [TRUNCATED]),
    Case("no_archive.jsonl.bz2", lambda: ROW, [TRUNCATED]),
    Case("cut.jsonl.bz2", lambda: bz2.compress(ROW)[:-4], ["ok", TRUNCATED]),
    Case("wrong_checksum.jsonl.bz2", lambda: flipped(bz2.compress(ROW), -6), [TRUNCATED]),
    Case(
        "second_stream_cut.jsonl.bz2",
        lambda: bz2.compress(ROW) + bz2.compress(ROW)[:-40],
        ["ok", TRUNCATED],
    ),
]

CSV = [
    Case("empty.csv", lambda: b"", []),
    Case("header_only.csv", lambda: b"text,url\n", []),
    Case(
        "ragged.csv",
        lambda: cells(["text", "url"], [GOOD, "u"], [GOOD], [GOOD, "u", "v"], [GOOD, "u"]),
        ["ok", "ragged_row", "ragged_row", "ok"],
    ),
    Case("nul.csv", lambda: b"text\n\0\n" + GOOD.encode() + b"\n", ["ok", "ok"]),
    Case(
        "open_quote.csv",
        lambda: b'text\nfirst words\n"' + GOOD.encode() + b"\nmore\n",
        ["ok", "malformed_csv"],
    ),
    Case("words_after_quote.csv", lambda: b'text\n"a"b\nnext words\n', ["malformed_csv", "ok"]),
    Case(
        "large_cell.csv",
        lambda: cells(["text"], ["x" * (record.MAX_RECORD_BYTES + 1)], [GOOD]),
        ["too_large", "ok"],
    ),
    Case(
        "large_quoted_row.csv",
        lambda: (
            b'text\n"'
            + (b"x" * 1023 + b"\n") * (record.MAX_LINE_BYTES // 1024 + 9)
            + b'"\n'
            + b"next words\n"
        ),
        ["too_large", "ok"],
    ),
    Case(
        "large_line.csv",
        lambda: b'text\n"' + b"x" * (record.MAX_LINE_BYTES + 9) + b'\nstill inside"\nnext words\n',
        ["too_large", "ok"],
    ),
    Case("same_names.csv", lambda: cells(["text", "text"], [GOOD, GOOD]), ["ambiguous_column"]),
    Case("no_such_column.csv", lambda: cells(["body"], [GOOD], [GOOD]), [("missing_text", 2)]),
    Case("latin1.csv", lambda: b"text\ncaf\xe9\n" + GOOD.encode() + b"\n", ["invalid_utf8", "ok"]),
    Case("latin1_header.csv", lambda: b"t\xe9xt\nwords\n", ["unreadable_file"]),
    Case("blank.csv", lambda: b"text\n\nwords\n", ["blank_line", "ok"]),
    Case("cut.csv.gz", lambda: gzip.compress(cells(["text"], [GOOD]))[:-9], ["ok", TRUNCATED]),
    Case("no_archive.tsv.bz2", lambda: b"text\nwords\n", [TRUNCATED]),
]

TEXT = [
    Case("empty.txt", lambda: b"", ["empty_text"]),
    Case("latin1.txt", lambda: b"caf\xe9", ["invalid_utf8"]),
    Case("large.txt", lambda: b"x" * (record.MAX_RECORD_BYTES + 1), ["too_large"]),
    Case("cut.txt.zst", lambda: zstd(GOOD.encode())[:-2], [TRUNCATED]),
]

PARQUET = [
    Case("empty.parquet", lambda: b"", ["unreadable_file"]),
    Case("no_rows.parquet", lambda: parquet(texts(0)), []),
    Case("cut_footer.parquet", lambda: parquet(texts())[:-6], ["unreadable_file"]),
    Case("wrong_magic.parquet", lambda: parquet(texts())[:-4] + b"PAR9", ["unreadable_file"]),
    Case(
        "footer_too_long.parquet",
        lambda: parquet(texts())[:-8] + b"\xff\xff\xff\x7fPAR1",
        ["unreadable_file"],
    ),
    Case("damaged_footer.parquet", damaged_footer, ["unreadable_file"]),
    Case("bad_pages.parquet", bad_pages, [("ok", 10), (TRUNCATED, 10), ("ok", 10)]),
    Case("no_text.parquet", lambda: parquet(pa.table({"body": [GOOD] * 2})), [("missing_text", 2)]),
    Case("numbers.parquet", lambda: parquet(pa.table({"text": [1, 2]})), [("text_not_string", 2)]),
    Case("bytes.parquet", lambda: parquet(pa.table({"text": [b"a"]})), ["text_not_string"]),
    Case(
        "struct.parquet", lambda: parquet(pa.table({"text": [{"body": GOOD}]})), ["text_not_string"]
    ),
    Case("list.parquet", lambda: parquet(pa.table({"text": [[GOOD]]})), ["text_not_string"]),
    Case(
        "null_column.parquet",
        lambda: parquet(pa.table({"text": pa.nulls(2)})),
        [("missing_text", 2)],
    ),
    Case(
        "dictionary.parquet",
        lambda: parquet(pa.table({"text": pa.array([GOOD, None]).dictionary_encode()})),
        ["ok", "missing_text"],
    ),
    Case(
        "large_string.parquet",
        lambda: parquet(pa.table({"text": pa.array([GOOD, ""], pa.large_string())})),
        ["ok", "empty_text"],
    ),
    Case(
        "bad_utf8.parquet",
        lambda: parquet(pa.table({"text": pa.array([b"\xff", GOOD.encode()]).view(pa.string())})),
        ["invalid_utf8", "ok"],
    ),
    Case("swollen.parquet", swollen, [("too_large", 3), "ok"]),
]

ARROW = [
    Case("empty.arrow", lambda: b"", []),
    Case("no_arrow.arrow", lambda: b"this is no Arrow file at all", ["unreadable_file"]),
    Case("cut_footer.arrow", lambda: arrow(texts(), stream=False)[:-9], ["unreadable_file"]),
    Case(
        "stream_cut_in_schema.arrow", lambda: arrow(texts(), stream=True)[:40], ["unreadable_file"]
    ),
    Case("stream_cut.arrow", lambda: arrow(texts(), stream=True)[:-60], ["ok", "ok", TRUNCATED]),
    Case(
        "numbers.feather", lambda: arrow(pa.table({"text": [1]}), stream=False), ["text_not_string"]
    ),
    Case(
        "same_names.ipc",
        lambda: arrow(pa.Table.from_arrays([["a"], ["b"]], ["text", "text"]), stream=True),
        ["ambiguous_column"],
    ),
]

WARC = [
    Case("empty.warc", lambda: b"", []),
    Case("no_warc.warc", lambda: b"this is no WARC at all\n" * 9, ["malformed_warc"]),
    Case("junk_before.warc", lambda: b"junk\r\n" + PAGE_RECORD, ["malformed_warc", "ok"]),
    Case(
        "length_too_short.warc",
        lambda: PAGE_RECORD + warc(http(), length=20) + PAGE_RECORD,
        ["ok", "malformed_warc", "ok"],
    ),
    Case(
        "length_too_long.warc",
        lambda: warc(http(), length=len(http()) + 99) + PAGE_RECORD * 2,
        ["malformed_warc", "ok", "ok"],
    ),
    Case(
        "length_no_number.warc",
        lambda: warc(http(), length="many") + PAGE_RECORD,
        ["malformed_warc", "ok"],
    ),
    Case(
        "length_beyond_file.warc",
        lambda: PAGE_RECORD + warc(http(), length=5000),
        ["ok", TRUNCATED],
    ),
    Case("cut.warc", lambda: (PAGE_RECORD * 2)[:-40], ["ok", TRUNCATED]),
    Case(
        "cut.warc.gz",
        lambda: gzip.compress(PAGE_RECORD) + gzip.compress(PAGE_RECORD)[:-30],
        ["ok", TRUNCATED],
    ),
    Case("one_member.warc.gz", lambda: gzip.compress(PAGE_RECORD * 3), [("ok", 3)]),
    Case(
        "wrong_checksum.warc.gz",
        lambda: flipped(gzip.compress(PAGE_RECORD), -6) + gzip.compress(PAGE_RECORD),
        ["ok", TRUNCATED],
    ),
    Case(
        "undone_before_gbk.warc",
        lambda: warc(
            http("<p>一些无害的文字</p>".encode("gbk") * 9, "Content-Type: text/html", GZIP)
        ),
        ["ok"],
    ),
    Case("bare_line_feeds.warc", lambda: warc(http().replace(b"\r\n", b"\n")), ["ok"]),
    Case("twice.warc", lambda: PAGE_RECORD * 2, ["ok", "ok"]),
    Case("no_http.warc", lambda: warc(PAGE), ["malformed_http"]),
    Case("no_content.warc", lambda: warc(b""), ["malformed_http"]),
    Case("not_found.warc", lambda: warc(http(status="404 Not Found")), ["http_status"]),
    Case(
        "image.warc",
        lambda: warc(http(b"\x89PNG\r\n\x1a\n", "Content-Type: image/png")),
        ["not_text"],
    ),
    Case(
        "untold_binary.warc", lambda: warc(http(bytes(range(256)) * 9, "Server: any")), ["not_text"]
    ),
    Case("untold_html.warc", lambda: warc(http(b"<!DOCTYPE html>" + PAGE, "Server: any")), ["ok"]),
    Case("chunked.warc", lambda: warc(http(chunked(PAGE), HTML, CHUNKED)), ["ok"]),
    Case(
        "chunk_cut.warc",
        lambda: warc(http(b"fff\r\n" + gzip.compress(PAGE), HTML, CHUNKED, GZIP)),
        ["malformed_http"],
    ),
    Case("undone_before.warc", lambda: warc(http(PAGE, HTML, CHUNKED, GZIP)), ["ok"]),
    Case(
        "page_bomb.warc",
        lambda: warc(http(gzip.compress(b"<p>" * (2 * MEGABYTE)), HTML, GZIP)),
        ["too_large"],
    ),
    Case(
        "large.warc",
        lambda: warc(http(b"x" * record.MAX_RECORD_BYTES)) + PAGE_RECORD,
        ["too_large", "ok"],
    ),
    Case("no_words.warc", lambda: warc(http(b"<html><script>x</script></html>")), ["empty_text"]),
    Case("deep.warc", lambda: warc(http(b"<div>" * 20_000 + PAGE)), ["ok"]),
    Case(
        "unknown_charset.warc",
        lambda: warc(http(PAGE, "Content-Type: text/html; charset=nothing")),
        ["ok"],
    ),
    Case("latin1.wet", lambda: warc(b"caf\xe9 au lait", "conversion", "text/plain"), ["ok"]),
    Case(
        "other_kinds.warc",
        lambda: warc(b"a: b", "metadata", "application/warc-fields") + warc(b"GET", "request"),
        [],
    ),
]

CASES = [*JSONL, *COMPRESSED, *CSV, *TEXT, *PARQUET, *ARROW, *WARC]
