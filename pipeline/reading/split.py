"""Cut a file of JSON lines into pieces, so that each becomes a slice; all of them or none."""

from __future__ import annotations

import bz2
import gzip
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from gemsieve.pipeline.reading.charset import encoding_of
from gemsieve.pipeline.reading.compression import decompressed, is_damage
from gemsieve.pipeline.reading.files import InputError, open_file
from gemsieve.pipeline.reading.slices import kind_of

# Lines are passed on in parts of this size, however long they are.
PART_BYTES = 1 << 20


def split(path: str, folder: Path, piece_bytes: int) -> list[Path]:
    """Write a file's lines to `folder`, in pieces of about so many bytes on disk; return these.

    They are compressed as the file is, and bear its name with a number. The bytes are the same
    each time.

    Raises:
        InputError: The file is of another kind, or damaged; or the folder is there. Nothing is
            written then.
    """
    if kind_of(path) != "jsonl":
        raise InputError(f"{path}: only files of JSON lines can be split")
    if folder.exists():
        raise InputError(f"{folder}: is there already; name a new folder")
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    draft.mkdir(parents=True)
    try:
        write_pieces(path, draft, piece_bytes)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return sorted(folder.iterdir())


def write_pieces(path: str, folder: Path, piece_bytes: int) -> None:
    """Write a file's lines to pieces.

    Raises:
        InputError: It is damaged, or not in UTF-8.
    """
    stem, _, suffixes = os.path.basename(path).partition(".")
    number, parts = 0, lines_of(path)
    part = next(parts, b"")
    while part:
        ended = False
        piece = folder / f"{stem}-{number:05d}.{suffixes}"
        with piece.open("wb") as disk:
            with packed(piece, disk) as file:
                while part and not (disk.tell() >= piece_bytes and ended):
                    file.write(part)
                    ended = part.endswith(b"\n")
                    part = next(parts, b"")
            disk.flush()
            os.fsync(disk.fileno())
        number += 1


def lines_of(path: str) -> Iterator[bytes]:
    """Yield a file's lines, long ones in parts.

    Raises:
        InputError: It is damaged, or not in UTF-8.
    """
    number = 0
    with open_file(path) as disk:
        file = decompressed(path, disk)
        try:
            if encoding_of(file.peek(2), ""):
                raise InputError(f"{path}: is in UTF-16, where lines cannot be told by their bytes")
            while part := file.readline(PART_BYTES):
                number += part.endswith(b"\n")
                yield part
        except Exception as error:
            if not is_damage(error):
                raise
            raise InputError(
                f"{path}: breaks off after line {number:,}, and nothing was written; get it whole"
            ) from None


@contextmanager
def packed(piece: Path, disk: IO[bytes]) -> Iterator[BinaryIO]:
    """Compress what is written, as a file's name says."""
    if piece.suffix == ".gz":
        # Neither a time nor a name, so that the bytes are the same each time.
        with gzip.GzipFile("", "wb", fileobj=disk, mtime=0) as file:
            yield cast("BinaryIO", file)
    elif piece.suffix == ".bz2":
        with bz2.BZ2File(disk, "wb") as packer:
            yield cast("BinaryIO", packer)
    elif piece.suffix == ".zst":
        import zstandard

        with zstandard.ZstdCompressor().stream_writer(disk, closefd=False) as writer:
            yield cast("BinaryIO", writer)
    else:
        yield cast("BinaryIO", disk)
