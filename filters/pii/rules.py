"""What a recognizer looks for, as rules: a gate for the scanner, and what finds hits behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gemsieve.filters.pii.alternatives import by_first_letter
from gemsieve.filters.pii.database import understood
from gemsieve.filters.pii.email import addresses, splits, validator
from gemsieve.filters.pii.expressions import UNBOUNDED, shape
from gemsieve.filters.pii.far import split
from gemsieve.filters.pii.overlap import Hit
from gemsieve.filters.pii.phone import PhoneSearch
from gemsieve.filters.pii.windows import Window, search, tokens

if TYPE_CHECKING:
    import regex
    from phonenumbers import PhoneNumber
    from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer
    from presidio_analyzer.predefined_recognizers import PhoneRecognizer
    from presidio_analyzer.predefined_recognizers.country_specific.south_africa import (
        za_phone_number_recognizer as za,
    )

# Ends this near share a window where a hit may begin at any distance: it saves memory, no more.
VICINITY = 64

Find = Callable[[str, bytes, Sequence[Window]], Iterable[Hit]]


@dataclass(frozen=True)
class Rule:
    """A gate for the scanner, and what finds the hits where it opens.

    Attributes:
        gate: Expression over projected text that matches, at least, wherever there is a hit; None
            to look at every text in full.
        caseless: Whether the gate ignores case.
        width: How long a window to open before each end of a match of the gate.
        hits: From the text, its projection and the gate's windows to hits.
    """

    gate: str | None
    caseless: bool
    width: int
    hits: Find

    def gateless(self) -> Rule:
        """Return the rule without its gate if the scanner does not take it; else itself."""
        if self.gate is None or understood((self.gate, self.caseless)):
            return self
        return replace(self, gate=None)


def rules(recognizer: EntityRecognizer) -> list[Rule]:
    """Return the rules that find what a recognizer's `analyze` does.

    A recognizer with an `analyze` of its own that is not known here runs in full on every text.
    """
    from presidio_analyzer import PatternRecognizer
    from presidio_analyzer.predefined_recognizers import IbanRecognizer, PhoneRecognizer
    from presidio_analyzer.predefined_recognizers.country_specific.south_africa import (
        za_phone_number_recognizer as za,
    )

    analyze = type(recognizer).analyze
    if isinstance(recognizer, PatternRecognizer):
        patterns: list[Pattern] = recognizer.patterns  # type: ignore[has-type]
        if analyze is PatternRecognizer.analyze:
            return [pattern_rule(recognizer, pattern, (0,)) for pattern in patterns]
        if analyze is IbanRecognizer.analyze:
            # It may be followed by what looks like more of it: shorter readings come next.
            return [
                pattern_rule(recognizer, pattern, tuple(range(groups(pattern), 0, -1)))
                for pattern in patterns
            ]
    if isinstance(recognizer, PhoneRecognizer) and analyze is PhoneRecognizer.analyze:
        return [phone_rule(recognizer)]
    african = za.ZaPhoneNumberRecognizer
    if isinstance(recognizer, african) and analyze is african.analyze:
        return [phone_rule(recognizer, partial(south_african, recognizer))]
    return [whole_rule(recognizer)]


def groups(pattern: Pattern) -> int:
    """Return the number of an expression's groups."""
    import regex

    return int(regex.compile(pattern.regex).groups)


def whole_rule(recognizer: EntityRecognizer) -> Rule:
    """Return the rule that runs a recognizer's own `analyze` on the whole text."""
    entities = recognizer.supported_entities

    def hits(text: str, _projected: bytes, _windows: Sequence[Window]) -> Iterable[Hit]:
        results: Any = recognizer.analyze(text, entities, None)  # type: ignore[arg-type]
        return (Hit(r.entity_type, r.start, r.end, r.score) for r in results or ())

    return Rule(None, False, 0, hits)


def phone_rule(
    recognizer: PhoneRecognizer, accepts: Callable[[PhoneNumber], bool] | None = None
) -> Rule:
    """Return the rule of a recognizer that is built on phonenumbers.

    Args:
        recognizer: Gives the regions and the leniency.
        accepts: Says of a number whether the recognizer reports it; None if it reports all.
    """
    phones = PhoneSearch(recognizer.supported_regions, recognizer.leniency or 0, accepts=accepts)
    entity = recognizer.supported_entities[0]

    def hits(text: str, projected: bytes, windows: Sequence[Window]) -> Iterable[Hit]:
        spans = phones.spans(text, projected, windows)
        return (Hit(entity, begin, end, recognizer.SCORE) for begin, end in spans)

    return Rule(phones.gate, True, VICINITY, hits)


def south_african(recognizer: za.ZaPhoneNumberRecognizer, number: PhoneNumber) -> bool:
    """Say whether one of the South African recognizers, for mobiles or not, reports a number."""
    from phonenumbers import region_code_for_number

    here = region_code_for_number(number) == recognizer.REGION
    return here and recognizer._classify(number) == recognizer.target_classification


def pattern_rule(
    recognizer: PatternRecognizer, pattern: Pattern, readings: tuple[int, ...]
) -> Rule:
    """Return the rule of one expression of a pattern recognizer.

    Args:
        recognizer: Gives the flags and the checks.
        pattern: The expression and its score.
        readings: Groups whose ends may be the end of a hit; the first that checks out counts.
    """
    import regex

    flags = int(recognizer.global_regex_flags or 0)
    far = split(pattern.regex, flags)
    expression = far.expression if far else pattern.regex
    compiled: regex.Pattern[str] = regex.compile(by_first_letter(expression), flags)
    form = shape(expression, flags)
    entity = recognizer.supported_entities[0]
    by_address = is_email(recognizer) and splits(pattern.regex)
    score = scoring(recognizer, pattern.score)

    def matches(text: str, windows: Sequence[Window]) -> Iterator[regex.Match[str]]:
        if by_address:
            return addresses(compiled, text)
        if form.gate is None:
            return iter(compiled.finditer(text))
        if max(form.width, form.ahead) < UNBOUNDED:
            return search(compiled, text, windows, form.ahead)
        if form.spaceless and form.ahead < UNBOUNDED:
            return search(compiled, text, tokens(text, windows), form.ahead)
        return iter(compiled.finditer(text))

    def hits(text: str, _projected: bytes, windows: Sequence[Window]) -> Iterable[Hit]:
        last = far.last(text) if far else len(text)
        for match in matches(text, windows):
            begin = match.start()
            if begin > last:
                break
            for group in readings:
                end = match.end(group) if match.end(group) > 0 else match.end()
                worth = score(text[begin:end]) if begin < end else 0.0
                if worth > 0:
                    yield Hit(entity, begin, end, worth)
                    break

    width = form.width if form.width < UNBOUNDED else VICINITY
    return Rule(form.gate, bool(flags & regex.IGNORECASE), width, hits)


def is_email(recognizer: PatternRecognizer) -> bool:
    """Say whether a recognizer checks its matches as the predefined one for e-mail does."""
    from presidio_analyzer.predefined_recognizers import EmailRecognizer

    return type(recognizer).validate_result is EmailRecognizer.validate_result


def scoring(recognizer: PatternRecognizer, base: float) -> Callable[[str], float]:
    """Return the function from matched characters to a score, by the recognizer's own checks.

    As in `PatternRecognizer`: what validates scores 1, what does not or is invalidated 0, and
    without a verdict the pattern's own score stands. A check that cannot be made gives none.
    """
    validate = validator() if is_email(recognizer) else recognizer.validate_result

    def score(word: str) -> float:
        try:
            valid = validate(word)
            if recognizer.invalidate_result(word):
                return 0.0
        except (ValueError, ArithmeticError, LookupError):
            return base
        return base if valid is None else float(bool(valid))

    return score
