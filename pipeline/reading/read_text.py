"""Read plain text: a file is a record, or each of its lines is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gemsieve.pipeline.reading import record
from gemsieve.pipeline.reading.compression import is_damage
from gemsieve.pipeline.reading.lines import numbered, opened
from gemsieve.pipeline.reading.record import Broken, Meter, Record, checked
from gemsieve.pipeline.reading.slices import Slice


def read_text(
    piece: Slice, _text_field: str, columns: Sequence[str], _meter: Meter
) -> Iterator[Record | Broken]:
    """Yield the file's text as its only record; it has no columns."""
    with opened(piece) as lines:
        try:
            content = lines.read(record.MAX_RECORD_BYTES + 1)
        except Exception as error:
            if not is_damage(error):
                raise
            yield Broken(piece.first, "truncated_input")
            return
    if len(content) > record.MAX_RECORD_BYTES:
        yield Broken(piece.first, "too_large")
    else:
        yield decoded(piece.first, content, columns)


def read_lines(
    piece: Slice, _text_field: str, columns: Sequence[str], meter: Meter
) -> Iterator[Record | Broken]:
    """Yield each line of a slice as a record."""
    for line in numbered(piece, meter):
        if isinstance(line, Broken):
            yield line
        else:
            number, content = line
            yield decoded(number, content.removesuffix(b"\n").removesuffix(b"\r"), columns)


def decoded(number: int, content: bytes, columns: Sequence[str]) -> Record | Broken:
    """Return a text as a record."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return Broken(number, "invalid_utf8")
    return checked(number, text, dict.fromkeys(columns))
