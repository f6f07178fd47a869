"""The records of a slice that nobody could judge in time and memory: written down, and left out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from gemsieve.pipeline.reading.record import Broken, Fault, Record
from gemsieve.pipeline.storage import Location, write_atomically

Aside = Mapping[int, Fault]  # number of the record -> why


def read_aside(folder: Location, number: int) -> dict[int, Fault]:
    """Return what was set aside of a slice so far."""
    try:
        return {int(n): why for n, why in json.loads(note(folder, number).read_bytes())}
    except (FileNotFoundError, ValueError):
        return {}


def write_aside(folder: Location, number: int, aside: Aside) -> None:
    """Write down what is set aside of a slice, whole or not at all."""
    write_atomically(note(folder, number), json.dumps(sorted(aside.items())).encode())


def note(folder: Location, number: int) -> Location:
    """Return where it stands."""
    return folder / f"{number:05d}.json"


def without(records: Iterable[Record | Broken], aside: Aside) -> Iterator[Record | Broken]:
    """Yield records; one that is set aside has its fault in place of its text."""
    for record in records:
        fault = aside.get(record.number)
        yield Broken(record.number, fault) if fault else record
