"""Count what a corpus says of groups: one pass over its slices, before and after a filter."""

from __future__ import annotations

import glob
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gemsieve.filters.bias.measure_counts import BLOCKS, Counts, counted, ticket
from gemsieve.filters.bias.measure_sample import Sample
from gemsieve.filters.bias.measure_sentences import sentences
from gemsieve.filters.language import languages
from gemsieve.pipeline import manifest
from gemsieve.pipeline.finish import inputs
from gemsieve.pipeline.manifest import Manifest
from gemsieve.pipeline.reading.limit import limited
from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.record import Broken, Meter, Record
from gemsieve.pipeline.reading.slices import InputError, Slice, plan

ENGLISH = 0.5  # the lists are English; what is less surely so is not measured
SOURCES = 200  # told apart by name; with more, the later ones are one
OTHERS = "other sources"

Watch = Callable[[int, int], None]  # bytes passed on disk, records read


@dataclass(frozen=True)
class Reading:
    """How a corpus is read.

    Attributes:
        source_field: Column that names a record's source; "" for the file.
        limit: Read no more than so many records; 0 for all.
        seed: Of blocks and samples.
    """

    text_field: str = "text"
    source_field: str = ""
    limit: int = 0
    seed: int = 0


@dataclass
class Corpus:
    """What one corpus was counted into.

    Attributes:
        records: Read; of these `unreadable` could not be, and `foreign` were not in English.
        reached: By source file, the number of the last record that was read.
    """

    counts: Counts = field(default_factory=Counts)
    sample: Sample = field(default_factory=Sample)
    records: int = 0
    unreadable: int = 0
    foreign: int = 0
    reached: dict[str, int] = field(default_factory=dict)
    _sources: set[str] = field(default_factory=set)

    def add(self, name: str, source: str, text: str, seed: int) -> None:
        """Count one record, known by its name."""
        if dict(languages(text)).get("en", 0.0) < ENGLISH:
            self.foreign += 1
            return
        if source not in self._sources and len(self._sources) >= SOURCES:
            source = OTHERS
        self._sources.add(source)
        found = list(sentences(text))
        block = ticket(seed, name) % BLOCKS
        self.counts.add(block, counted(found, source))
        for place, sentence in enumerate(found):
            self.sample.offer(sentence, ticket(seed, name, place), block)


def before(patterns: Sequence[str], how: Reading, watch: Watch) -> Corpus:
    """Count a corpus that is read as `gemsieve filter` reads it.

    Raises:
        InputError: The inputs cannot be planned.
    """
    corpus = Corpus()
    passed = 0
    columns = (how.source_field,) if how.source_field else ()
    for piece in plan(patterns):
        meter = Meter()
        for record in read(piece, how.text_field, columns, meter):
            if how.limit and corpus.records >= how.limit:
                return corpus
            corpus.records += 1
            corpus.reached[piece.source] = record.number
            if isinstance(record, Broken):
                corpus.unreadable += 1
            else:
                source = record.columns.get(how.source_field) or piece.counted_as
                corpus.add(f"{piece.source}:{record.number}", source, record.text, how.seed)
            watch(passed + meter.bytes, corpus.records)
        passed += piece.size
    return corpus


def after(books: Manifest, first: Corpus, how: Reading, watch: Watch) -> Corpus:
    """Count what a job kept of the records that were read of its inputs."""
    corpus = Corpus()
    passed = 0
    for piece in plan([glob.escape(str(path)) for path in books.kept]) if books.kept else []:
        meter = Meter()
        for record in read(piece, "text", ("id", "source"), meter):
            watch(passed + meter.bytes, corpus.records)
            if isinstance(record, Record) and was_read(record, first):
                corpus.records += 1
                name, source = (record.columns.get(key) or "" for key in ("id", "source"))
                corpus.add(name, source, record.text, how.seed)
        passed += piece.size
    return corpus


def was_read(record: Record, first: Corpus) -> bool:
    """Say whether a kept record is one of those that were read before."""
    file, _, number = (record.columns.get("id") or "").rpartition(":")
    return number.isdecimal() and int(number) <= first.reached.get(file, 0)


def finished(folder: Path, patterns: Sequence[str]) -> Manifest:
    """Return the verified manifest of a job that had these very inputs.

    Raises:
        ManifestError: The folder is no finished, untouched job.
        InputError: It had other inputs.
    """
    books = manifest.verify(folder)
    pieces: Sequence[Slice] = plan(patterns)
    if most := books.settings.get("limit"):
        pieces = limited(pieces, most, books.settings["text_field"])
    given = [(entry["name"], entry["bytes"]) for entry in inputs(pieces, [])]
    if given != [(entry["name"], entry["bytes"]) for entry in books.inputs]:
        raise InputError(f"{folder}: was made from other inputs; name the same files as then")
    return books
