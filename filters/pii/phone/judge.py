"""Judge a candidate as `PhoneNumberMatcher` does, for many regions at once.

The matcher finds candidates, divides them and reads their parts alike in every region; only the
plan that the digits are held against is the region's. So one pass serves all regions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from gemsieve.filters.pii.phone.dialled import FEWEST, MOST
from gemsieve.filters.pii.phone.parts import Candidate, confused, library, parts
from gemsieve.filters.pii.phone.plans import Plans
from gemsieve.filters.pii.phone.reading import read

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

UNLIMITED = 1 << 40


class Outcome(NamedTuple):
    """What becomes of a candidate in some regions.

    Attributes:
        regions: A bit for each region.
        span: Of the number in the candidate; None if there is none.
        tries: Refusals that count against the matcher's patience.
        wanted: A bit for each region in which the number is one that is asked for.
    """

    regions: int
    span: tuple[int, int] | None
    tries: int
    wanted: int


class Judge:
    """The matcher's judgement, for the regions and the leniency of a recognizer.

    Args:
        regions: Such as GB.
        leniency: Of `phonenumbers.Leniency`.
        accepts: Says of a number whether it is asked for; None for every number.
    """

    def __init__(
        self,
        regions: tuple[str, ...],
        leniency: int,
        accepts: Callable[[PhoneNumber], bool] | None,
    ) -> None:
        from phonenumbers import SUPPORTED_REGIONS, Leniency

        self.regions, self.leniency, self.accepts = regions, leniency, accepts
        self.every = (1 << len(regions)) - 1
        # What the matcher makes of groups and of unknown regions, only itself can say.
        self.planned = leniency == Leniency.VALID and SUPPORTED_REGIONS.issuperset(regions)
        # A process sees the same years, prices and versions over and over.
        self.outcomes = lru_cache(maxsize=1 << 14)(self.judge)
        if self.planned:
            self.takers = lru_cache(maxsize=1 << 14)(Plans(regions).taking)

    def judge(self, candidate: Candidate, regions: int) -> tuple[Outcome, ...]:
        """Return what becomes of a candidate in some regions."""
        if self.planned:
            return tuple(self.divide(candidate, regions))
        return tuple(self.ask(candidate, i, UNLIMITED) for i in self.numbered(regions))

    def divide(self, candidate: Candidate, regions: int) -> Iterator[Outcome]:
        """Yield what becomes of a candidate, part by part."""
        left, tries = regions, 0
        for start, part in parts(candidate):
            taken = left & self.taking(part)
            if taken and not candidate.barred(start, part) and not confused(part):
                # The whole counts only once all its parts have been refused as well.
                span = start, start + len(part)
                yield Outcome(taken, span, max(0, tries - 1), self.wanted(part, taken))
                left &= ~taken
                if not left:
                    return
            tries += 1
        yield Outcome(left, None, max(1, tries), 0)

    def taking(self, part: str) -> int:
        """Return the regions in which a part by itself is a number."""
        reading = read(part) if len(part) >= FEWEST else None
        if reading is None or not FEWEST <= len(reading.dialled) <= MOST:
            return 0
        if not reading.carrier:
            return self.takers(reading.dialled, reading.written)
        # What stands behind a carrier's code is compared with the number.
        whole = Candidate(part, False, False, False)
        asked = (self.ask(whole, i, UNLIMITED) for i in range(len(self.regions)))
        return sum(o.regions for o in asked if o.span == (0, len(part)))

    def wanted(self, number: str, regions: int) -> int:
        """Return in which of the regions a number is one that is asked for."""
        if self.accepts is None:
            return regions
        from phonenumbers import parse

        here = self.numbered(regions)
        return sum(1 << i for i in here if self.accepts(parse(number, self.regions[i])))

    def numbered(self, regions: int) -> Iterator[int]:
        """Yield the places of the regions' bits."""
        return (i for i in range(len(self.regions)) if regions >> i & 1)

    def ask(self, candidate: Candidate, i: int, patience: int) -> Outcome:
        """Return what the matcher itself makes of a candidate in one region."""
        text, before, after, minutes = candidate
        behind = ":00" if minutes else "a" if after else "\n"
        placed = ("a" if before else "\n") + text + behind
        matcher = library().PhoneNumberMatcher(placed, self.regions[i], self.leniency, patience)
        match = matcher._extract_match(text, 1)
        tries = patience - matcher._max_tries
        if match is None:
            return Outcome(1 << i, None, tries + 1, 0)
        wanted = self.accepts is None or self.accepts(match.number)
        return Outcome(1 << i, (match.start - 1, match.end - 1), tries, wanted << i)
