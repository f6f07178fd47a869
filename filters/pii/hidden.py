"""Find personal data that is written to be overlooked: in a view of the text without disguises."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Any, ClassVar

from gemsieve.filters.detector import Labels
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.pii import PiiDetector
from gemsieve.filters.pii.entities import label
from gemsieve.filters.pii.overlap import Hit, distinct


@dataclass(frozen=True, init=False)
class HiddenPiiDetector:
    """Find what a `PiiDetector` with the same options finds in a text's view alone.

    The view shows plain digits and letters for those of other scripts and fonts that look alike,
    and nothing invisible. A finding lies where the view differs from the text; its span is that of
    the value in the text, with what is hidden in it. What stands in the text as plainly is left to
    the other detector, so that each value counts once.

    Raises:
        TypeError: An option is of the wrong type.
        ValueError: An option names what is not known; names the nearest that is.
    """

    sight: PiiDetector

    name: ClassVar[str] = "pii_hidden"
    weights: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ()
    # A detector's options are the parameters of its class.
    __signature__ = signature(PiiDetector)

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 (what PiiDetector takes)
        object.__setattr__(self, "sight", PiiDetector(**options))

    @property
    def version(self) -> str:
        """Our own version, Unicode's and that of the detector beneath."""
        return f"1+unicode-{unicodedata.unidata_version}+{self.sight.version}"

    @property
    def labels(self) -> Labels:
        """One event for each entity, as of the detector beneath."""
        return self.sight.labels

    def setup(self) -> None:
        """Load the detector beneath, and build the tables of characters."""
        from gemsieve.filters.pii.view import normalise

        self.sight.setup()
        normalise("é٣а1")

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return the findings of each text, in the order of the batch and of the text."""
        from gemsieve.filters.pii.analyzer import load

        analyze = load(self.sight.choice)
        return [
            [Finding(label(h.entity), h.score, (h.start, h.end)) for h in hidden(text, analyze)]
            for text in batch.texts
        ]


def hidden(text: str, analyze: Callable[[str], list[Hit]]) -> list[Hit]:
    """Return the hits that a text's view shows and the text itself does not."""
    from gemsieve.filters.pii.view import normalise

    view = normalise(text)
    if view.offsets is None:
        return []
    seen = [
        Hit(hit.entity, *view.span(hit.start, hit.end), hit.score)
        for hit in analyze(view.text)
        if view.touches(hit.start, hit.end)
    ]
    if not seen:
        return []
    open_ = frozenset(analyze(text))
    return [hit for hit in distinct([*open_, *seen]) if hit not in open_]
