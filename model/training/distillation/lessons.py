"""What a teacher said of each row of a run, on disk: its likeliest next tokens, and the rest's sum.

A student reads rows that are cut at a fixed length, and a document that an edge cuts goes on in
the next row without what came before. So a teacher is asked of the same rows, not of documents:
both see the same context, and its answers are found by the row's number. Each answer carries a
checksum of its row, so none is ever read for another.

A record is a row's: the checksum, four bytes; then for each token the k tokens, two bytes each
where the vocabulary allows, else four; the k log probabilities and that of all others together, in
float16. All little-endian.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gemsieve.model.training.data.order import Mixture
from gemsieve.model.training.data.rows import Array, Row, Source, token_type
from gemsieve.model.training.distillation.teacher import Words
from gemsieve.pipeline.manifest import sha256_of

if TYPE_CHECKING:
    from gemsieve.model.training.distillation.distil import DistillationSettings
    from gemsieve.model.training.task import Task

NAME = "_LESSONS.json"
FORMAT = 1
# What a row with a lesson has beside its own columns: [length, k] twice, and [length].
COLUMNS = ("taught_tokens", "taught_logprobs", "taught_rest")


class LessonsError(Exception):
    """A folder does not hold what a teacher said of these rows; says what to do."""


@dataclass(frozen=True)
class Lessons:
    """What a folder of lessons holds.

    Attributes:
        manifest: Digest of the manifest of the data.
        tokenizer: Digest of the tokenizer's file, which lies beside.
        teacher: Who the teacher is, as `Teacher.told`.
        vocab_size: How many tokens it knows.
        likeliest: How many it tells of each.
        temperature: What its logits were divided by.
        rows: How many.
        rows_per_file: How many of them a file holds.
        length: Tokens in each.
        files: Their paths in the folder, in the rows' order, and their SHA-256 (hex).
    """

    folder: Path
    manifest: str
    tokenizer: str
    teacher: dict[str, Any]
    vocab_size: int
    likeliest: int
    temperature: float
    rows: int
    rows_per_file: int
    length: int
    files: dict[str, str]

    @property
    def content(self) -> bytes:
        """All of it but the place, as JSON."""
        body = {key: value for key, value in asdict(self).items() if key != "folder"}
        return (json.dumps({"format": FORMAT, **body}, indent=1) + "\n").encode()

    def refuse(self, task: Task, settings: DistillationSettings) -> None:
        """Refuse lessons that are of other data or asked for otherwise.

        Raises:
            LessonsError: They are; says what differs.
        """
        wanted = {
            "manifest": task.about.manifest,
            "rows": sum(map(len, sources_of(task.rows))),
            "likeliest": settings.likeliest,
            "temperature": settings.temperature,
        }
        for name, value in wanted.items():
            if getattr(self, name) != value:
                raise LessonsError(
                    f"{self.folder}: taught with {name} {getattr(self, name)}, and this run has"
                    f" {value}: give `gemsieve teach` and `gemsieve train` the same settings"
                )

    @cached_property
    def records(self) -> Any:  # noqa: ANN401 - grain has no types
        """The rows' records, by number."""
        import grain  # type: ignore[import-untyped]

        return grain.sources.ArrayRecordDataSource([str(self.folder / name) for name in self.files])

    @property
    def words(self) -> Words:
        """What the teacher speaks."""
        return Words(self.tokenizer, self.vocab_size)

    @property
    def ids(self) -> np.dtype[Any]:
        """The type of a token in a record."""
        return token_type(self.vocab_size)

    def decode(self, record: bytes, row: Row) -> Row:
        """Return a row with the columns that its record tells.

        Raises:
            LessonsError: The record is another row's.
        """
        if record[:4] != checksum(row):
            raise LessonsError(f"{self.folder}: holds lessons of other rows: teach these")
        count = self.length * self.likeliest
        logprobs = 4 + count * self.ids.itemsize
        rest = logprobs + 2 * count
        shape = (self.length, self.likeliest)
        columns = (
            np.frombuffer(record, self.ids, count, 4).astype(np.int32).reshape(shape),
            np.frombuffer(record, "<f2", count, logprobs).astype(np.float32).reshape(shape),
            np.frombuffer(record, "<f2", self.length, rest).astype(np.float32),
        )
        return row | dict(zip(COLUMNS, columns, strict=True))


def encode(row: Row, ids: np.dtype[Any], tokens: Array, logprobs: Array, rest: Array) -> bytes:
    """Return a row's record."""
    halves = (part.astype("<f2").tobytes() for part in (logprobs, rest))
    return b"".join([checksum(row), tokens.astype(ids).tobytes(), *halves])


def checksum(row: Row) -> bytes:
    """Return four bytes that tell a row from others: of its tokens, and who sees whom."""
    seen = zlib.crc32(row["segments"].tobytes(), zlib.crc32(row["tokens"].tobytes()))
    return seen.to_bytes(4, "little")


@dataclass(frozen=True)
class _WithLessons:
    """Give rows with what a teacher said of them, from its n-th record on."""

    rows: Source
    lessons: Lessons
    first: int

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Row:
        return self.lessons.decode(self.lessons.records[self.first + index], self.rows[index])


def sources_of(rows: Source | Mixture) -> tuple[Source, ...]:
    """Return the sources of rows, one after the other as lessons are."""
    return rows.sources if isinstance(rows, Mixture) else (rows,)


def with_lessons(rows: Source | Mixture, lessons: Lessons) -> Source | Mixture:
    """Return rows with the columns `COLUMNS` beside their own."""
    parts = sources_of(rows)
    firsts = [0, *accumulate(len(part) for part in parts)]
    taught = tuple(
        _WithLessons(part, lessons, first) for part, first in zip(parts, firsts, strict=False)
    )
    return replace(rows, sources=taught) if isinstance(rows, Mixture) else taught[0]


def read_lessons(folder: Path) -> Lessons:
    """Return finished lessons whose files are as they were written.

    Raises:
        LessonsError: They are not; names the file.
    """
    try:
        body = json.loads((folder / NAME).read_bytes())
        del body["format"]
        lessons = Lessons(folder, **body)
    except (ValueError, KeyError, TypeError):
        raise LessonsError(f"{folder / NAME}: damaged; teach the rows again") from None
    for name, digest in lessons.files.items():
        path = folder / name
        if not path.is_file() or sha256_of(path) != digest:
            raise LessonsError(f"{path}: missing or changed; teach the rows again")
    return lessons
