"""What the sieve made of the demo's corpus, held against what was planted in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemsieve.cli.demo_corpus import CUT, FILES, Plant, Truth
from gemsieve.cli.demo_planted import Kind, Span

# The harm that is the right reason to drop a record of a kind; with another it is gone by luck.
HARMS: dict[Kind, str] = {"toxic": "toxicity.", "foreign": "language.", "junk": "quality."}


@dataclass(frozen=True)
class Fate:
    """What became of one record: its outcome, why, and its text if it was kept."""

    outcome: str
    reasons: tuple[str, ...]
    text: str = ""


@dataclass(frozen=True)
class Share:
    """How many of one kind were treated as they should be; `luck`: gone, for another reason."""

    kind: str
    planted: int
    right: int
    luck: int = 0

    @property
    def missed(self) -> int:
        """How many were treated wrongly."""
        return self.planted - self.right - self.luck


@dataclass(frozen=True)
class Score:
    """The demo's figures, all counted.

    Attributes:
        records: What was planted, by kind of record.
        values: Planted personal data, by entity; right: not in the kept text any more.
        real: Outcome -> records of real documentation.
        drops: Label -> dropped records that it was a reason for; a record may have several.
    """

    records: tuple[Share, ...]
    values: tuple[Share, ...]
    real: Mapping[str, int]
    drops: Mapping[str, int]


def score(corpus: Path, truth: Truth, shards: Sequence[Path]) -> Score:
    """Compare the shards of a finished job with the ground truth of its corpus."""
    fates = dict(read_fates(shards))
    plants = {plant.id: plant for plant in truth.planted}
    real = [fate for id_, fate in fates.items() if id_ not in plants]
    drops = (label for f in fates.values() if f.outcome == "dropped" for label in f.reasons)
    return Score(
        tuple(record_shares(truth.planted, fates)),
        tuple(value_shares(corpus, truth.planted, fates)),
        Counter(fate.outcome for fate in real),
        Counter(drops),
    )


def read_fates(shards: Sequence[Path]) -> Iterator[tuple[str, Fate]]:
    """Yield each record's id and fate; a kept record with redactions counts as redacted."""
    import pyarrow.parquet as pq

    for shard in shards:
        outcome = shard.parent.name
        wanted = {"kept": ["action", "reasons", "text"], "dropped": ["reasons"]}
        rows: list[dict[str, Any]] = pq.read_table(
            shard, columns=["id", *wanted.get(outcome, ["reason"])]
        ).to_pylist()
        for row in rows:
            redacted = row.get("action") == "redact"
            reasons = tuple(row.get("reasons") or filter(None, [row.get("reason")]))
            yield row["id"], Fate("redacted" if redacted else outcome, reasons, row.get("text", ""))


def record_shares(plants: Sequence[Plant], fates: Mapping[str, Fate]) -> Iterator[Share]:
    """Count the planted records that met the fate their kind deserves."""
    for kind in ("toxic", "foreign", "junk", "malformed", "identity"):
        ours = [(plant, fates[plant.id]) for plant in plants if plant.kind == kind]
        right = [deserved(plant, fate) for plant, fate in ours]
        gone = [fate.outcome in ("dropped", "quarantined") for _, fate in ours]
        luck = sum(g and not r for g, r in zip(gone, right, strict=True))
        yield Share(kind, len(ours), sum(right), 0 if kind == "identity" else luck)


def deserved(plant: Plant, fate: Fate) -> bool:
    """Say whether a record met the right fate, for the right reason."""
    if plant.kind == "identity":
        return fate.outcome == "kept"
    if plant.kind == "malformed":
        return fate.outcome == "quarantined" and plant.fault in fate.reasons
    return fate.outcome == "dropped" and any(r.startswith(HARMS[plant.kind]) for r in fate.reasons)


def value_shares(
    corpus: Path, plants: Sequence[Plant], fates: Mapping[str, Fate]
) -> Iterator[Share]:
    """Count the planted values that are gone from the kept text; with a dropped record is luck."""
    planted, right, luck = Counter[str](), Counter[str](), Counter[str]()
    texts = read_texts(corpus)
    for plant in plants:
        for span in plant.spans:
            fate = fates[plant.id]
            planted[span.entity] += 1
            if fate.outcome in ("dropped", "quarantined"):
                luck[span.entity] += 1
            else:
                right[span.entity] += not survives(texts[plant.id], span, fate.text)
    for entity in sorted(planted):
        yield Share(entity, planted[entity], right[entity], luck[entity])


def survives(text: str, span: Span, kept: str) -> bool:
    """Say whether even one half of a planted value stands in the kept text."""
    middle = (span.start + span.end) // 2
    return text[span.start : middle] in kept or text[middle : span.end] in kept


def read_texts(corpus: Path) -> dict[str, str]:
    """Read the corpus again, by id: the values themselves are nowhere else."""
    from gemsieve.pipeline.reading.read import read
    from gemsieve.pipeline.reading.record import Meter, Record
    from gemsieve.pipeline.reading.slices import plan

    return {
        f"{piece.source}:{record.number}": record.text
        for piece in plan([str(corpus / name) for name in (*FILES, CUT)])
        for record in read(piece, "text", (), Meter())
        if isinstance(record, Record)
    }
