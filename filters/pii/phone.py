"""Find phone numbers as `PhoneNumberMatcher` does for each of the recognizer's regions.

The matcher is slow, and the recognizer runs it over the whole text once a region. But it only ever
joins digits, punctuation and the words that announce an extension: no candidate leaves an *island*
of these. So it is run on islands alone, each remembered by its characters; and of these only on
those with at least four letters or digits, since no region has a shorter valid number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from gemsieve.filters.pii.plan import allows, rows
from gemsieve.filters.pii.windows import Window, merged, reach

if TYPE_CHECKING:
    import regex

# What phonenumbers 9 takes as part of a number: signs that lead, digits, punctuation (among it x,
# which stands for a carrier), and the words for an extension with what may stand around them.
SIGNS = (
    "+\uff0b\\-x\u2010-\u2015\u2212\u30fc\uff0d-\uff0f \u00a0\u00ad\u200b\u2060\u3000()\uff08\uff09"
    "\uff3b\uff3d.\\[\\]/~\u2053\u223c\uff5e"
)
LABELS = (
    ";ext=|e?xt(?:ensi(?:o\u0301?|\u00f3))?n?|\uff45?\uff58\uff54\uff4e?|\u0434\u043e\u0431|anexo"
    "|[x\uff58#\uff03~\uff5e]|int|\uff49\uff4e\uff54"
)
EXTENSION = f"[ \u00a0\\t,]*(?:{LABELS})[:.\uff0e]?[ \u00a0\\t,-]*"
# Possessive, for there is nothing to go back for, and an island may be as long as the text.
# The minutes of a time are no part of one, but tell whether the date and the hour before are.
ISLAND = f"(?:{EXTENSION}|[{SIGNS}\\d]|:(?=[0-5]\\d))++"
# Every character of an island, in either case: a run of them holds whole islands.
SEA = (
    f"[{SIGNS}\\d\\t,;=#\uff03:extnsioa\u0301\u00f3\uff45\uff58\uff54\uff4e\uff49\u0434\u043e\u0431"
    "\u1c81\u1c82\u0130\u0131\u017f]*"
)

# The same over projected text: four letters or digits in a row but for signs. A label cannot make
# up for fewer: before one, phonenumbers wants three digits, and then takes what follows away as the
# extension.
COUNTED = r"[0-9x](?:[+\-x .()\[\]/~_\x0c\x01]*[0-9x]){3}"

# The matcher gives a text up after this many candidates that were no number, in each region.
PATIENCE = 65535
# A candidate costs one try, one more for each of six ways to divide it, and at most two for every
# sign in it: four between digits and ten before the first make this many a digit. Only around an
# extension can there be more signs than four together.
MOST_TRIES = 27
LONG_GAPS = rb"[0-9][ \t,\-\x0c\x01]{5,}|[ \t,\-\x0c\x01]{5,}[0-9]"
NOT_DIGITS = bytes(set(range(256)) - set(b"0123456789"))


class Verdict(NamedTuple):
    """What the matcher says of an island in one region: spans, and candidates refused."""

    spans: tuple[Window, ...]
    tries: int


class PhoneSearch:
    """Phone numbers of a text, for the regions and the leniency of a recognizer."""

    def __init__(self, regions: Iterable[str], leniency: int, patience: int = PATIENCE) -> None:
        self.regions, self.leniency, self.patience = tuple(regions), leniency, patience
        # A process sees the same years, prices and versions over and over.
        self.remembered: Callable[[str, bool], tuple[Verdict, ...]] = lru_cache(maxsize=1 << 15)(
            self.judge
        )

    def spans(self, text: str, projected: bytes, gated: Iterable[Window]) -> set[Window]:
        """Return the spans of the numbers, for any region.

        Args:
            text: The text.
            projected: The text, projected.
            gated: Windows around the places where COUNTED matched in the projected text.
        """
        counting = self.counts(projected)
        if counting:
            gated = (match.span() for match in re.finditer(rb"[0-9]+", projected))
        patience = [self.patience] * len(self.regions)
        out: set[Window] = set()
        for begin, end in islands(text, gated, least=1 if counting else 4):
            if not any(patience):
                break
            key = edge(text[begin - 1 : begin]) + text[begin:end] + edge(text[end : end + 1])
            for i, usual in enumerate(self.remembered(key, counting)):
                # Strictly more: a number may follow the last candidate that the patience allows.
                enough = usual.tries < patience[i] or patience[i] == self.patience
                verdict = usual if enough else self.matches(key, self.regions[i], patience[i])
                patience[i] = max(0, patience[i] - verdict.tries)
                out.update((begin - 1 + a, begin - 1 + b) for a, b in verdict.spans)
        return out

    def counts(self, projected: bytes) -> bool:
        """Say whether a text may cost all patience, so that tries must be counted."""
        if len(projected) * MOST_TRIES < self.patience:
            return False
        gaps = sum(len(gap) for gap in re.findall(LONG_GAPS, projected))
        digits = len(projected.translate(None, NOT_DIGITS))
        return MOST_TRIES * digits + 2 * gaps >= self.patience

    def judge(self, key: str, counting: bool) -> tuple[Verdict, ...]:
        """Return, for every region, the spans in an island with its edges, and the tries.

        Without counting, no tries for a region whose plan shows that there can be no number.
        """
        dialled = rows(key)
        if dialled is None:
            return tuple(self.matches(key, region, self.patience) for region in self.regions)
        # Without a country to parse for, the matcher fails fast, after the same tries.
        nothing = self.matches(key, None, self.patience) if counting else Verdict((), 0)
        return tuple(
            self.matches(key, region, self.patience)
            if any(allows(region, digits) for digits in dialled)
            else nothing
            for region in self.regions
        )

    def matches(self, key: str, region: str | None, patience: int) -> Verdict:
        """Run the matcher; return the spans in the key, and the candidates that were no number."""
        from phonenumbers import PhoneNumberMatcher

        matcher = PhoneNumberMatcher(key, region, leniency=self.leniency, max_tries=patience)
        spans = tuple((match.start, match.end) for match in matcher)
        return Verdict(spans, patience - matcher._max_tries)


@cache
def expressions() -> tuple[regex.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return the expressions of the sea before a place, of an island, and of what counts in it.

    Those of `re`, whose ideas of case the matcher shares.
    """
    import regex

    sea = regex.compile(f"(?r){SEA}", regex.IGNORECASE)
    return sea, re.compile(ISLAND, re.IGNORECASE), re.compile(r"[^\W_]")


def islands(text: str, windows: Iterable[Window], least: int) -> Iterator[Window]:
    """Yield the islands that touch the windows and hold enough letters or digits."""
    before, island, counted = expressions()
    done = 0
    for begin, end in merged(windows):
        if end <= done:
            continue
        start = reach(before, text, done, max(begin, done))[0]
        for match in island.finditer(text, start):
            if match.start() >= end:
                break
            done = match.end()
            if sum(1 for _ in islice(counted.finditer(text, *match.span()), least)) == least:
                yield match.span()


def edge(beside: str) -> str:
    """Return what stands for the character beside an island: the matcher asks for its kind.

    Letters of the Latin script and their accents, the per cent sign and currency signs forbid a
    number beside them.
    """
    from phonenumbers import PhoneNumberMatcher as Matcher

    forbids = beside and (
        Matcher._is_latin_letter(beside) or Matcher._is_invalid_punctuation_symbol(beside)
    )
    return "a" if forbids else "\n"
