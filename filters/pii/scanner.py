"""One pass over the text says where each expression may match; recognizers say whether."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from gemsieve.filters.pii.database import database
from gemsieve.filters.pii.overlap import Hit, distinct
from gemsieve.filters.pii.projection import project
from gemsieve.filters.pii.rules import Rule, rules

if TYPE_CHECKING:
    import hyperscan
    from presidio_analyzer import EntityRecognizer

Spans = list[list[int]]
Ruled = tuple[int, Rule]
Sighting = tuple["EntityRecognizer", Hit]
# From a text and what was sighted in it to hits with scores that weigh the words around them.
Context = Callable[[str, Sequence[Sighting]], Iterable[Hit]]
# From all hits to those that stand, in the order of the text.
Settle = Callable[[Iterable[Hit]], list[Hit]]


class Scanner:
    """Presidio's recognizers behind one scan of the text.

    `hits` returns what `AnalyzerEngine.analyze` does for the same recognizers and no threshold of
    its own.

    Args:
        recognizers: Any of presidio-analyzer's; those that it defines itself, and all
            `PatternRecognizer`s, are looked at only where they may find something.
        context: Changes scores by the words around; none as with a blank spaCy pipeline.
        settle: Says which of all hits stand; by default Presidio's rule.

    Raises:
        ValueError: A recognizer weighs the words around its results by code of its own.
    """

    def __init__(
        self,
        recognizers: Sequence[EntityRecognizer],
        context: Context | None = None,
        settle: Settle = distinct,
    ) -> None:
        import hyperscan

        for recognizer in recognizers:
            refuse_own_context(recognizer)
        self.recognizers, self.context, self.settle = tuple(recognizers), context, settle
        self.least = thresholds(recognizers)
        self.local = threading.local()
        ruled = [(i, rule) for i, r in enumerate(recognizers) for rule in rules(r)]
        self.arrange(ruled)
        try:
            self.database = database(self.gates)
        except hyperscan.CompilerError:
            # What is too large or too strange for the scanner is looked at in full, alone.
            self.arrange([(i, rule.gateless()) for i, rule in ruled])
            self.database = database(self.gates)

    def arrange(self, ruled: Sequence[Ruled]) -> None:
        """Put every rule behind its gate; those of one expression share one."""
        gated: dict[tuple[str, bool, int], list[Ruled]] = {}
        for i, rule in ruled:
            if rule.gate is not None:
                gated.setdefault((rule.gate, rule.caseless, rule.width), []).append((i, rule))
        self.whole = [(i, rule) for i, rule in ruled if rule.gate is None]
        self.behind = list(gated.values())
        self.gates = [(gate, caseless) for gate, caseless, _ in gated]
        self.widths = [width for _, _, width in gated]

    def hits(self, text: str) -> list[Hit]:
        """Return the hits in a text that stand, in its order."""
        sightings = self.sightings(text)
        hits = [hit for _, hit in sightings]
        if self.context is not None and hits:
            hits = list(self.context(text, sightings))
        return self.settle(hit for hit in hits if hit.score >= self.least.get(hit.entity, 0.0))

    def sightings(self, text: str) -> list[Sighting]:
        """Return what each recognizer finds by itself, as its `analyze` does."""
        projected = project(text)
        found: dict[int, list[Hit]] = {}
        for i, rule in self.whole:
            found.setdefault(i, []).extend(rule.hits(text, projected, [(0, len(text))]))
        for gate, spans in self.opened(projected).items():
            windows = [(begin, end) for begin, end in spans]
            for i, rule in self.behind[gate]:
                found.setdefault(i, []).extend(rule.hits(text, projected, windows))
        return [(self.recognizers[i], hit) for i in sorted(found) for hit in distinct(found[i])]

    def opened(self, projected: bytes) -> dict[int, Spans]:
        """Return, for each gate that matched, the windows before the matches' ends."""
        windows: dict[int, Spans] = {}
        widths = self.widths

        def ends(gate: int, _begin: int, end: int, _flags: int, _context: object) -> None:
            spans = windows.setdefault(gate, [])
            begin = end - widths[gate]
            # Merged at once, so that a run of a million ends takes no memory.
            if spans and begin < spans[-1][1] <= end:
                spans[-1][1] = end
            else:
                spans.append([begin, end])

        if self.database is not None:
            self.database.scan(projected, match_event_handler=ends, scratch=self.scratch())
        return windows

    def scratch(self) -> hyperscan.Scratch:
        """Return this thread's scratch space: one cannot serve two scans at a time."""
        import hyperscan

        scratch: hyperscan.Scratch | None = getattr(self.local, "scratch", None)
        if scratch is None:
            scratch = self.local.scratch = hyperscan.Scratch(self.database)
        return scratch


def thresholds(recognizers: Iterable[EntityRecognizer]) -> dict[str, float]:
    """Return the score below which an entity's hits do not count, where its recognizers set one."""
    least: dict[str, float] = {}
    for recognizer in recognizers:
        given = recognizer.score_thresholds
        for entity in recognizer.supported_entities:
            limit = given.get(entity, given.get("default", 0.0))
            least[entity] = min(limit, least.get(entity, limit))
    return {entity: limit for entity, limit in least.items() if limit > 0}


def refuse_own_context(recognizer: EntityRecognizer) -> None:
    """Raise a ValueError for a recognizer that overrides `enhance_using_context`."""
    from presidio_analyzer import EntityRecognizer

    if type(recognizer).enhance_using_context is not EntityRecognizer.enhance_using_context:
        raise ValueError(
            f"recognizer {type(recognizer).__name__} weighs context by itself, which the scanner"
            " does not know; let it return final scores from `analyze`"
        )
