"""Look into one kept record for what should not be there.

Nothing here shares code with the detectors that sieved it: public rules prove values in every
record, stock Presidio reads a sample, and planted values are searched for letter by letter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from gemsieve.filters import Filter
from gemsieve.filters.operators.key import Key
from gemsieve.filters.operators.surrogate import is_surrogate
from gemsieve.pipeline.leak import scope as leak_scope
from gemsieve.pipeline.leak.counts import Leaks
from gemsieve.pipeline.leak.planted import Planted
from gemsieve.pipeline.leak.reserved import reserved
from gemsieve.pipeline.leak.stock import StockCheck, passage, pieces
from gemsieve.pipeline.leak.values import values


@dataclass(frozen=True)
class RecordCheck:
    """The checks of one job.

    Attributes:
        entities: What the texts should not hold.
        allowed: Says whether the policy lets a word stand.
        key: What the job's surrogates were made with, if any were.
    """

    entities: Sequence[str]
    stock: StockCheck
    planted: Planted | None
    allowed: Callable[[str], bool]
    key: Key | None = None

    def check(
        self,
        names: Sequence[str],
        texts: Sequence[str],
        leaks: Leaks,
        chosen: Collection[str] | None,
    ) -> None:
        """Add to `leaks` what remains in a record.

        Args:
            names: The record's id and its source; no guesses are made about these.
            texts: Every text that was written of it.
            leaks: What was found so far.
            chosen: The ids of the sample; None when every record is in it, to its end.
        """
        record = names[0]
        leaks.read["records",] += 1
        sampled = chosen is None or record in chosen
        leaks.read["sample records",] += sampled
        for text in names:
            self._prove(record, text, leaks)
        for text in texts:
            proven = self._prove(record, text, leaks)
            if sampled:
                parts = pieces(text) if chosen is None else [passage(text, record)]
                for part in parts:
                    self._suspect(text, part, proven, leaks)

    def _prove(self, record: str, text: str, leaks: Leaks) -> list[tuple[int, int]]:
        """Count what is planted or proven; return the places of proven values, spared ones too."""
        leaks.read["characters",] += len(text)
        if self.planted is not None:
            leaks.planted.update((str(line),) for line in self.planted.found(text))
        spans = []
        for entity, check, start, end in values(text, self.entities):
            spans.append((start, end))
            if why := self._spared(entity, text[start:end]):
                leaks.spared[entity, why] += 1
            else:
                leaks.proven[entity, check] += 1
                leaks.place(record, entity)
        return spans

    def _suspect(
        self, text: str, part: tuple[int, int], proven: Sequence[tuple[int, int]], leaks: Leaks
    ) -> None:
        """Count what stock Presidio finds in a part of a text beside what is proven."""
        leaks.read["sample characters",] += part[1] - part[0]
        for entity, start, end in self.stock.found(text, *part):
            if any(first < end and start < last for first, last in proven):
                continue
            if why := self._spared(entity, text[start:end]):
                leaks.spared[entity, why] += 1
            else:
                leaks.suspected[entity,] += 1

    def _spared(self, entity: str, word: str) -> str | None:
        """Return why a value is no leak, or None when it is one."""
        if reserved(entity, word):
            return "reserved"
        if self.key is not None and is_surrogate(entity, word, self.key):
            return "surrogate"
        return "allowed" if self.allowed(word) else None


def record_check(judge: Filter, planted: Planted | None) -> RecordCheck:
    """Return the checks that a job's policy calls for."""
    entities = leak_scope.entities(judge)
    limits = leak_scope.Limits(judge.policy.leak_check.above, leak_scope.removing(judge))
    stock = StockCheck(entities, limits)
    return RecordCheck(entities, stock, planted, leak_scope.allowed(judge), judge.key("corpus"))
