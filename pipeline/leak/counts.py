"""What the check of a job's output found: sums of numbers, and where, never what."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gemsieve.pipeline.storage import Location, write_atomically

PLACES = 20  # records named; more would not help to find the cause


@dataclass
class Leaks:
    """What was looked at in some kept records, and what remains in them.

    Attributes:
        read: "records", "characters" of all, "sample records", "sample characters" of the sample.
        proven: (entity, check) -> values that a public rule proves.
        suspected: (entity,) -> findings of stock Presidio in the sample that nothing proves.
        spared: (entity, why) -> values, proven or suspected, that are no leaks: "reserved" for
            examples, "surrogate" of the job's, "allowed" by the policy.
        planted: (line,) -> texts that hold the planted value of this line.
        places: (record, entity) of proven values, the first few in the order of the records.
    """

    read: Counter[tuple[str, ...]] = field(default_factory=Counter)
    proven: Counter[tuple[str, ...]] = field(default_factory=Counter)
    suspected: Counter[tuple[str, ...]] = field(default_factory=Counter)
    spared: Counter[tuple[str, ...]] = field(default_factory=Counter)
    planted: Counter[tuple[str, ...]] = field(default_factory=Counter)
    places: list[tuple[str, str]] = field(default_factory=list)

    def place(self, record: str, entity: str) -> None:
        """Note where a proven value stands, unless enough are noted."""
        if len(self.places) < PLACES and (record, entity) not in self.places:
            self.places.append((record, entity))

    def add(self, other: Leaks) -> None:
        """Add what was found in the records that follow."""
        for name, counter in counters(other).items():
            counters(self)[name].update(counter)
        for record, entity in other.places:
            self.place(record, entity)

    def body(self) -> dict[str, Any]:
        """Return a JSON object."""
        rows = {
            name: [[*key, count] for key, count in sorted(counter.items())]
            for name, counter in counters(self).items()
        }
        return rows | {"places": [list(place) for place in self.places]}


def counters(leaks: Leaks) -> dict[str, Counter[tuple[str, ...]]]:
    """Return the sums by name."""
    return {name: value for name, value in vars(leaks).items() if isinstance(value, Counter)}


def leaks_from(body: Mapping[str, Any]) -> Leaks:
    """Return what `body` wrote."""
    leaks = Leaks(places=[(record, entity) for record, entity in body["places"]])
    for name, counter in counters(leaks).items():
        counter.update({tuple(key): count for *key, count in body[name]})
    return leaks


def total(parts: Iterable[Leaks]) -> Leaks:
    """Return the sum, places in the order of the parts."""
    result = Leaks()
    for part in parts:
        result.add(part)
    return result


def write_leaks(folder: Location, number: int, digest: str, leaks: Leaks) -> None:
    """Write what was found in one slice's kept records, whole or not at all."""
    body = {"check": digest, "leaks": leaks.body()}
    write_atomically(folder / f"{number:05d}.json", json.dumps(body).encode())


def read_leaks(folder: Location, number: int, digest: str) -> Leaks | None:
    """Return what was found in one slice's kept records, or None when nobody looked so far."""
    try:
        body = json.loads((folder / f"{number:05d}.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return leaks_from(body["leaks"]) if body["check"] == digest else None
