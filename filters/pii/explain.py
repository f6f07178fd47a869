"""Explain the findings of a detector of personal data, and what it saw without making one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gemsieve.filters.pii.entities import label
from gemsieve.filters.pii.reasons import Explanation, Place, denials, lemmas, sightings, themes

if TYPE_CHECKING:
    from gemsieve.filters.pii import PiiDetector
    from gemsieve.filters.pii.hidden import HiddenPiiDetector

MOST = 1_000_000  # characters that spaCy takes
# Why there is no finding of what a recognizer saw.
FAILED = "its check failed"
OUTDONE = "another finding stands there"
FAINT = "it scores too low, or is allowed"


@dataclass(frozen=True)
class Explained:
    """The explanations of what was found, and of what was not, with the reason for that."""

    made: dict[Place, Explanation]
    refused: dict[Place, tuple[Explanation, str]]


def explain(detector: PiiDetector, text: str) -> Explained:
    """Explain every finding of a detector, and what its recognizers saw without making one.

    The detector's own recognizers run again, one by one and in full: far slower than the detector.

    Raises:
        ValueError: The text has more than a million characters.
    """
    from gemsieve.filters.pii.analyzer import load, recognizers
    from gemsieve.filters.pii.projection import encodable
    from gemsieve.filters.pii.stock import engine

    if len(text) > MOST:
        raise ValueError(f"the text has {len(text):,} characters; at most {MOST:,} are explained")
    found = {Place(label(h.entity), (h.start, h.end)): h.score for h in load(detector.choice)(text)}
    own = recognizers(detector.choice)
    analyzer = engine(own, detector.lemmas)
    plain = encodable(text)  # spaCy refuses lone surrogates
    around = themes(own, plain) if detector.mode == "default" else lemmas(analyzer, plain)
    made: dict[Place, Explanation] = {}
    refused = {place: (said, FAILED) for place, said in denials(own, plain)}
    for place, (score, said) in sightings(analyzer, own, plain).items():
        if place not in found:
            outdone = any(place.overlaps(other) for other in found)
            refused[place] = (replace(said, context=around(place)), OUTDONE if outdone else FAINT)
        elif score == found[place]:
            made[place] = said
        else:
            made[place] = replace(said, context=around(place))
    return Explained(
        made,
        {
            place: refused[place]
            for place in sorted(refused, key=lambda place: (place.span, place.label))
            if not any(place.label == other.label and place.overlaps(other) for other in found)
        },
    )


def explain_hidden(detector: HiddenPiiDetector, text: str) -> Explained:
    """Explain the findings of the detector of what is disguised: by the text's view."""
    from gemsieve.filters.pii.view import normalise

    view = normalise(text)
    plain = explain(detector.sight, view.text)
    return Explained(
        {Place(p.label, view.span(*p.span)): said for p, said in plain.made.items()}, {}
    )
