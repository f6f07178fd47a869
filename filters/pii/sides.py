"""The sides of a comparison: what is acted on of our findings, and of Presidio's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from gemsieve.filters import names
from gemsieve.filters.detect import detect
from gemsieve.filters.detector import Detector
from gemsieve.filters.explain import rulings
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.operators.operator import entity
from gemsieve.filters.pii.comparison import Side
from gemsieve.filters.pii.entities import label
from gemsieve.filters.pii.evaluate import Mark, Marks
from gemsieve.filters.pii.overlap import Hit
from gemsieve.filters.pii.projection import encodable
from gemsieve.filters.policy import Action, Ruleset

PREFIXES = ("pii.", "names.")
BATCH = 256  # texts
UNNAMED = 0.4  # counts above this, where a policy names no limit

# From a text, its findings and its columns to the findings that count.
Limits = Callable[[str, Sequence[Finding], Mapping[str, str | None]], Iterable[Finding]]


def above(limit: float) -> Limits:
    """Count what scores above a limit."""
    return lambda _text, findings, _columns: [f for f in findings if f.score > limit]


def acted_on(rules: Ruleset) -> Limits:
    """Count what a policy redacts or drops a text for; of what it does not name, what is likely."""

    def limits(
        text: str, findings: Sequence[Finding], columns: Mapping[str, str | None]
    ) -> Iterable[Finding]:
        for finding, said in zip(findings, rulings(rules, text, findings, columns), strict=True):
            if not said:
                acts = finding.score > UNNAMED
            else:
                # What rules name, and none of them in force, drops the text.
                holding = [ruling for ruling in said if ruling.holds]
                acts = not holding or any(r.acts and r.action > Action.KEEP for r in holding)
            if acts:
                yield finding

    return limits


def ours(texts: Sequence[str], detectors: Sequence[Detector], limits: Limits) -> tuple[Side, Batch]:
    """Return what detectors found, and the texts with the columns that they chose.

    Raises:
        PolicyError: A detector cannot be set up.
        RuntimeError: A detector failed on a text; names both by number and name.
    """
    for detector in detectors:
        detector.setup()
    found: list[list[Mark]] = []
    columns: dict[str, list[str | None]] = {}
    for start in range(0, len(texts), BATCH):
        findings, batch = detect(detectors, Batch(texts[start : start + BATCH]))
        for i, row in enumerate(findings):
            for finding in row:
                if finding.label.startswith("error."):
                    name = finding.label.removeprefix("error.")
                    raise RuntimeError(f"detector {name!r} failed on text {start + i + 1}")
            pii = [f for f in row if f.label.startswith(PREFIXES)]
            found.append(marks(limits(batch.texts[i], pii, batch.row(i))))
        for name, values in batch.columns.items():
            columns.setdefault(name, []).extend(values)
    return Side("ours", entities_of(detectors), found), Batch(texts, columns)


def entities_of(detectors: Iterable[Detector]) -> frozenset[str]:
    """Return the entities that detectors look for."""
    labels = (label for detector in detectors for label in detector.labels.ranges())
    return frozenset(entity(label) for label in labels if label.startswith(PREFIXES))


def presidio(
    batch: Batch, entities: Iterable[str], hits: Callable[[str], Iterable[Hit]], limits: Limits
) -> Side:
    """Return what Presidio's engine found, by the same limits.

    It refuses lone surrogates: these are put before it as other signs.
    """
    found: Marks = [
        marks(
            limits(
                text,
                [
                    Finding(labelled(hit.entity), hit.score, (hit.start, hit.end))
                    for hit in hits(encodable(text))
                ],
                batch.row(i),
            )
        )
        for i, text in enumerate(batch.texts)
    ]
    return Side("stock", frozenset(entities), found)


def marks(findings: Iterable[Finding]) -> list[Mark]:
    """Return findings with a place as marks."""
    return [Mark(entity(f.label), *f.span) for f in findings if f.span is not None]


def labelled(entity: str) -> str:
    """Return the label that our detectors give an entity."""
    return names.label(entity) if entity in names.options.ENTITIES else label(entity)
