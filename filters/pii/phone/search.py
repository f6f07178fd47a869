"""Search a text for phone numbers, near enough digits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from gemsieve.filters.pii.phone.gate import gate
from gemsieve.filters.pii.phone.judge import Judge, Outcome
from gemsieve.filters.pii.phone.parts import Candidate, forbids, library
from gemsieve.filters.pii.phone.patience import PATIENCE, Patience, counts
from gemsieve.filters.pii.windows import Window, merged

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

# Every character that a candidate may hold, in projected text: no candidate crosses another.
WATER = b"0123456789 .-,()/+x:[]~\t;=#extnsioaXETNSIOA_\x0c\x01"
SHORE = re.compile(b"[^" + re.escape(WATER) + b"]")


class PhoneSearch:
    """Phone numbers of a text, for the regions and the leniency of a recognizer.

    Args:
        regions: Such as GB.
        leniency: Of `phonenumbers.Leniency`.
        patience: After how many refusals a text is given up, in each region.
        accepts: Says of a number whether it is asked for; None for every number.
    """

    def __init__(
        self,
        regions: Iterable[str],
        leniency: int,
        patience: int = PATIENCE,
        accepts: Callable[[PhoneNumber], bool] | None = None,
    ) -> None:
        self.judge = Judge(tuple(regions), leniency, accepts)
        self.patience = patience

    @property
    def gate(self) -> str:
        """An expression over projected text that matches, whatever the case, in every number."""
        return gate(self.judge.regions, self.judge.leniency)

    def spans(self, text: str, projected: bytes, gated: Iterable[Window]) -> set[Window]:
        """Return the spans of the numbers, for any region.

        Args:
            text: The text.
            projected: The text, projected.
            gated: Windows around the places where the gate matched in the projected text.
        """
        if counts(projected, self.patience):
            patience = Patience(self.judge, self.patience)
            return set(self.search(text, (0, len(text)), patience))
        return {span for sea in seas(projected, gated) for span in self.search(text, sea, None)}

    def search(self, text: str, sea: Window, patience: Patience | None) -> Iterator[Window]:
        """Yield the spans of the numbers in a part of a text that no candidate leaves.

        Args:
            text: The text.
            sea: Where the part begins and ends.
            patience: What is left of it; None if there is no need to count.
        """
        begin, stop = sea
        # Where the search goes on, and in which regions: behind a number in those that took it.
        going = {begin: self.judge.every}
        while going:
            at = min(going)
            regions = going.pop(at)
            match = library()._PATTERN.search(text, at, stop)
            if match is None:
                continue
            start = match.start()
            candidate = placed(text, start, match[0])
            outcomes: Sequence[Outcome] = self.judge.outcomes(candidate, regions)
            if patience is not None:
                outcomes = patience.spend(candidate, outcomes)
            for outcome in outcomes:
                first, last = outcome.span or (0, len(candidate.text))
                if outcome.wanted:
                    yield start + first, start + last
                if outcome.regions:
                    going[start + last] = going.get(start + last, 0) | outcome.regions


def placed(text: str, start: int, found: str) -> Candidate:
    """Return the candidate that the matcher makes of what its expression found at a place."""
    if "x" in found:
        found = library()._SECOND_NUMBER_START_PATTERN.split(found, 1)[0]
    end = start + len(found)
    behind = text[end : end + 1]
    minutes = behind == ":" and library()._TIME_STAMPS_SUFFIX.match(text, end) is not None
    return Candidate(found, start > 0 and forbids(text[start - 1]), forbids(behind), minutes)


def seas(projected: bytes, windows: Iterable[Window]) -> Iterator[Window]:
    """Yield the parts of a text that touch the windows and that no candidate leaves."""
    done = 0
    for begin, end in merged(windows):
        if end > done:
            start = shore(projected, done, max(begin, done))
            ahead = SHORE.search(projected, end)
            done = ahead.start() if ahead else len(projected)
            yield start, done


def shore(projected: bytes, floor: int, at: int) -> int:
    """Return where the water before a place begins, not below the floor."""
    length = 64
    while True:
        low = max(floor, at - length)
        start = low + len(projected[low:at].rstrip(WATER))
        if start > low or low == floor:
            return start
        # Ever longer steps keep the whole linear.
        length *= 8
