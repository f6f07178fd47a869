"""Keep count of refused candidates: the matcher gives a text up after so many."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from gemsieve.filters.pii.phone.judge import Judge, Outcome
from gemsieve.filters.pii.phone.parts import Candidate

PATIENCE = 65535
# A candidate costs one try, one more for each of six ways to divide it, and at most two for every
# sign in it: four between digits and ten before the first make this many a digit. Only around an
# extension can there be more signs than four together.
MOST_TRIES = 27
LONG_GAPS = re.compile(rb"[ \t,\-\x0c\x01]{5,}+")
NOT_DIGITS = bytes(set(range(256)) - set(b"0123456789"))


class Patience:
    """How many refusals are left of one text's, in each region.

    Args:
        judge: Gives the regions, and judges again where patience ends.
        patience: How many there are.
    """

    def __init__(self, judge: Judge, patience: int) -> None:
        self.judge = judge
        self.left = [patience] * len(judge.regions)
        # Settled with each region only when one might have run out.
        self.owed: Counter[int] = Counter()
        self.least = patience

    def spend(self, candidate: Candidate, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Take what outcomes cost; return them as they are in the regions that had enough left."""
        cost = sum(outcome.tries for outcome in outcomes)
        if cost < self.least:
            self.least -= cost
            for outcome in outcomes:
                self.owed[outcome.regions] += outcome.tries
            return outcomes
        for regions, tries in self.owed.items():
            self.left = [left - tries * (regions >> i & 1) for i, left in enumerate(self.left)]
        self.owed.clear()
        settled = tuple(self.settled(candidate, outcomes))
        self.least = min((left for left in self.left if left > 0), default=0)
        return settled

    def settled(self, candidate: Candidate, outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
        """Yield the outcome in each region that has patience left, and take its cost.

        Where none is left then, the outcome is without its region, so that the search ends there.
        """
        for outcome in outcomes:
            for i, left in enumerate(self.left):
                if left > 0 and outcome.regions >> i & 1:
                    # Patience that ends within a candidate leaves some of its parts untried.
                    ends = outcome.tries >= left
                    one = self.judge.ask(candidate, i, left) if ends else outcome
                    self.left[i] -= one.tries
                    yield one._replace(regions=(self.left[i] > 0) << i)


def counts(projected: bytes, patience: int) -> bool:
    """Say whether a text may cost all patience, so that refusals must be counted."""
    if len(projected) * MOST_TRIES < patience:
        return False
    tries = len(projected.translate(None, NOT_DIGITS)) * MOST_TRIES
    if tries + 2 * len(projected) < patience:
        return False
    for gap in LONG_GAPS.finditer(projected):
        begin, end = gap.span()
        if (projected[begin - 1 : begin] + projected[end : end + 1]).strip(NOT_DIGITS):
            tries += 2 * (end - begin)
    return tries >= patience
