"""Kept records as JSON lines beside their shards, for readers that know nothing else."""

from __future__ import annotations

import gzip
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

from gemsieve.filters.finding import Finding
from gemsieve.pipeline.draft import Draft
from gemsieve.pipeline.manifest import LINES, Shard, stem
from gemsieve.pipeline.reading.compression import decompressed
from gemsieve.pipeline.storage import Location


def lines_name(name: str, kind: str) -> str:
    """Return the name of the lines beside a shard."""
    return f"{stem(name)}.jsonl.{kind}"


def compressing(file: BinaryIO, kind: str) -> BinaryIO:
    """Return a stream into a file; equal lines make equal bytes."""
    if kind == "gz":
        return cast("BinaryIO", gzip.GzipFile("", "wb", fileobj=file, mtime=0))
    import zstandard

    return cast("BinaryIO", zstandard.ZstdCompressor().stream_writer(file, closefd=False))


def plain(value: object) -> object:
    """Return a finding as an object; JSON writes everything else in a row."""
    if not isinstance(value, Finding):
        raise TypeError(type(value).__name__)
    start, end = value.span or (None, None)
    return {"label": value.label, "score": value.score, "start": start, "end": end}


class LinesWriter(Draft):
    """Writes rows as objects, a line each; `publish` gives the file its name."""

    def __init__(
        self, folder: Location, drafts: Path, name: str, columns: Sequence[str], kind: str
    ) -> None:
        path = f"{LINES}/{lines_name(name, kind)}"
        super().__init__(folder, drafts, path, f"{LINES}-{name}")
        self._columns = tuple(columns)
        self._file = self._draft.open("wb")
        self._stream = compressing(self._file, kind)

    def close(self) -> None:
        """End the file."""
        self._stream.close()
        self._file.close()

    def write(self, rows: Mapping[str, Sequence[Any]]) -> None:
        """Add rows, given as columns."""
        import orjson

        how = orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATACLASS
        for values in zip(*(rows[name] for name in self._columns), strict=True):
            row = dict(zip(self._columns, values, strict=True))
            self._stream.write(orjson.dumps(row, plain, how))
            self.records += 1

    def publish(self) -> Shard | None:
        """Finish the file, give it its final name and describe it; no rows, no file."""
        self.close()
        return self.named() if self.records else None


def lines_of(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file that a `LinesWriter` wrote."""
    with path.open("rb") as file:
        yield from decompressed(str(path), file)


def lines_without(path: Path, ids: Collection[str], target: Path) -> int:
    """Copy lines but for some records, and return how many are left."""
    import orjson

    left = 0
    with target.open("wb") as file, compressing(file, path.suffix.removeprefix(".")) as stream:
        for line in lines_of(path):
            if orjson.loads(line)["id"] not in ids:
                stream.write(line)
                left += 1
    return left
