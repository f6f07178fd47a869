"""Pairs from the sentences of files, for an audit without a job."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gemsieve.filters.audit.corpus import Mention, chosen, pairs_of
from gemsieve.filters.audit.counts import Swaps
from gemsieve.filters.audit.pairs import Pair
from gemsieve.filters.identity import mentions
from gemsieve.pipeline.audit.auditor import shares
from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.record import Meter, Record
from gemsieve.pipeline.reading.slices import InputError, plan

PLAIN = ".txt"  # a text a line

Text = tuple[str, str, Mapping[str, str | None]]  # its record, itself, what rules may ask of it


def file_pairs(files: Sequence[str], text_field: str, sentences: int) -> tuple[list[Pair], Swaps]:
    """Return pairs from a sample of the files' sentences, and what could not be swapped.

    Raises:
        InputError: A file is missing, of unknown kind, or holds no text.
    """
    (quota,) = shares([1], sentences)
    wanted: defaultdict[str, list[Mention]] = defaultdict(list)
    for mention in chosen(mentioned(files, text_field), quota):
        wanted[mention.record].append(mention)
    found, left = list[Pair](), Swaps()
    for record, text, columns in texts(files, text_field) if wanted else ():
        if record in wanted:
            found += pairs_of(text, wanted[record], columns, left)
    return found, left


def mentioned(files: Sequence[str], text_field: str) -> Iterator[Mention]:
    """Yield where the files' texts mention a group."""
    read_any = False
    for record, text, _ in texts(files, text_field):
        read_any = True
        for finding in mentions(text):
            if finding.span:
                yield Mention(*finding.span, finding.label, record)
    if not read_any:
        raise InputError(f"{', '.join(files)}: no text; name its field with --text-field")


def texts(files: Sequence[str], text_field: str) -> Iterator[Text]:
    """Yield the texts of files, in order."""
    plain = [path for path in files if path.endswith(PLAIN)]
    for path in plain:
        yield from lines(Path(path))
    rest = [path for path in files if not path.endswith(PLAIN)]
    for piece in plan(rest) if rest else ():
        for record in read(piece, text_field, ("url",), Meter()):
            if isinstance(record, Record):
                columns = {"source": piece.counted_as, "url": record.columns.get("url")}
                yield f"{piece.source}:{record.number}", record.text, columns


def lines(path: Path) -> Iterator[Text]:
    """Yield the lines of a plain file.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                yield f"{path.name}:{number}", line.rstrip("\n"), {"source": path.name}
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise InputError(f"{path}: cannot be read: {reason}") from None
