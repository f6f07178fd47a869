"""One compiled database of all expressions says where each may match; recognizers say whether."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from gemsieve.filters.pii.email import addresses, splits, validator
from gemsieve.filters.pii.entities import RECOGNIZERS
from gemsieve.filters.pii.overlap import Hit, distinct
from gemsieve.filters.pii.phone import COUNTED, PhoneSearch
from gemsieve.filters.pii.projection import project
from gemsieve.filters.pii.windows import UNBOUNDED, Window, search, tokens, widths

if TYPE_CHECKING:
    import hyperscan
    from presidio_analyzer import Pattern, PatternRecognizer
    from presidio_analyzer.predefined_recognizers import PhoneRecognizer

Spans = list[list[int]]
# Ends this near share a window where a hit may begin at any distance: it saves memory, no more.
VICINITY = 64
# Their expressions without bound take no white space, so a match lies within a token.
WITHOUT_SPACE = frozenset({"EMAIL_ADDRESS", "IP_ADDRESS", "URL"})


@dataclass(frozen=True)
class Rule:
    """A gate for the scanner, and what finds the hits where it opens.

    Attributes:
        gate: Expression over projected text that matches, at least, wherever there is a hit.
        caseless: Whether the gate ignores case.
        width: How long a window to open before each end of a match of the gate.
        hits: From the text, its projection and the gate's windows to hits.
    """

    gate: str
    caseless: bool
    width: int
    hits: Callable[[str, bytes, Sequence[Window]], Iterable[Hit]]


class Scanner:
    """The recognizers of some entities, behind one pass over the text."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        import hyperscan

        self.rules = rules
        common = (
            hyperscan.HS_FLAG_PREFILTER | hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_MULTILINE
        )
        self.database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self.database.compile(
            [rule.gate.encode() for rule in rules],
            ids=list(range(len(rules))),
            flags=[common | (hyperscan.HS_FLAG_CASELESS * rule.caseless) for rule in rules],
        )
        self.local = threading.local()

    def hits(self, text: str) -> list[Hit]:
        """Return the hits in a text, in order, without those inside others of their entity."""
        projected = project(text)
        found: list[Hit] = []
        for i, spans in self.opened(projected).items():
            windows = [(begin, end) for begin, end in spans]
            found += self.rules[i].hits(text, projected, windows)
        return distinct(found)

    def opened(self, projected: bytes) -> dict[int, Spans]:
        """Return, for each rule whose gate matched, the windows before the matches' ends."""
        windows: dict[int, Spans] = {}
        widths = [rule.width for rule in self.rules]

        def ends(rule: int, _begin: int, end: int, _flags: int, _context: object) -> None:
            spans = windows.setdefault(rule, [])
            begin = end - widths[rule]
            # Merged at once, so that a run of a million ends takes no memory.
            if spans and begin < spans[-1][1] <= end:
                spans[-1][1] = end
            else:
                spans.append([begin, end])

        self.database.scan(projected, match_event_handler=ends, scratch=self.scratch())
        return windows

    def scratch(self) -> hyperscan.Scratch:
        """Return this thread's scratch space: one cannot serve two scans at a time."""
        import hyperscan

        scratch: hyperscan.Scratch | None = getattr(self.local, "scratch", None)
        if scratch is None:
            scratch = self.local.scratch = hyperscan.Scratch(self.database)
        return scratch


@cache
def load(entities: tuple[str, ...]) -> Scanner:
    """Return the scanner for some entities, compiled once in a process and ready to go."""
    from presidio_analyzer import predefined_recognizers

    rules: list[Rule] = []
    for entity in entities:
        recognizer = getattr(predefined_recognizers, RECOGNIZERS[entity])()
        if entity == "PHONE_NUMBER":
            rules.append(phone_rule(recognizer))
        else:
            rules += [pattern_rule(recognizer, entity, pattern) for pattern in recognizer.patterns]
    scanner = Scanner(rules)
    # One of each kind, so that tables built on first use are built now.
    scanner.hits("é a@example.com, 212-555-2368")
    return scanner


def phone_rule(recognizer: PhoneRecognizer) -> Rule:
    """Return the rule of the recognizer that is built on phonenumbers."""
    phones = PhoneSearch(recognizer.supported_regions, recognizer.leniency or 0)

    def hits(text: str, projected: bytes, windows: Sequence[Window]) -> Iterable[Hit]:
        spans = phones.spans(text, projected, windows)
        return (Hit("PHONE_NUMBER", begin, end, recognizer.SCORE) for begin, end in spans)

    return Rule(COUNTED, True, VICINITY, hits)


def pattern_rule(recognizer: PatternRecognizer, entity: str, pattern: Pattern) -> Rule:
    """Return the rule of one expression of a pattern recognizer."""
    import regex

    flags = recognizer.global_regex_flags or 0
    compiled = regex.compile(pattern.regex, flags)
    width, ahead = widths(pattern.regex, flags)
    by_address = entity == "EMAIL_ADDRESS" and splits(pattern.regex)
    score = scoring(recognizer, entity, pattern.score)
    groups = (3, 2, 1) if entity == "IBAN_CODE" else (0,)

    def hits(text: str, _projected: bytes, windows: Sequence[Window]) -> Iterable[Hit]:
        if by_address:
            matches = addresses(compiled, text)
        else:
            matches = search(compiled, text, narrowed(text, windows), ahead)
        for match in matches:
            # An IBAN may be followed by what looks like more of it: shorter readings come next.
            for group in groups:
                begin, end = match.start(), match.end(group)
                worth = score(text[begin:end])
                if worth > 0:
                    yield Hit(entity, begin, end, worth)
                    break

    def narrowed(text: str, windows: Sequence[Window]) -> Sequence[Window]:
        if max(width, ahead) < UNBOUNDED:
            return windows
        if entity in WITHOUT_SPACE and ahead < UNBOUNDED:
            return tokens(text, windows)
        return [(0, len(text))]

    reach = width if width < UNBOUNDED else VICINITY
    return Rule(pattern.regex, bool(flags & regex.IGNORECASE), reach, hits)


def scoring(recognizer: PatternRecognizer, entity: str, base: float) -> Callable[[str], float]:
    """Return the function from matched characters to a score, by the recognizer's own checks.

    As in `PatternRecognizer`: what validates scores 1, what does not or is invalidated 0, and
    without a verdict the pattern's own score stands. A check that cannot be made gives none.
    """
    validate = validator() if entity == "EMAIL_ADDRESS" else recognizer.validate_result

    def score(word: str) -> float:
        try:
            valid = validate(word)
            if recognizer.invalidate_result(word):
                return 0.0
        except (ValueError, ArithmeticError, LookupError):
            return base
        return base if valid is None else float(bool(valid))

    return score
