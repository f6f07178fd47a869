"""The rules as recognizers of presidio-analyzer: usable with its engine and with our scanner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gemsieve.filters.secrets.table import Rule

if TYPE_CHECKING:
    from presidio_analyzer import PatternRecognizer


def recognizers(rules: Iterable[Rule]) -> list[PatternRecognizer]:
    """Return one pattern recognizer a rule; a hit is the whole match, more than the secret alone.

    A checksum speaks through `validate_result` and every other check through `invalidate_result`,
    so that what a checksum proves scores 1 and what is merely not refuted keeps its rule's score.
    """
    return [recognizer(rule) for rule in rules]


def recognizer(rule: Rule) -> PatternRecognizer:
    """Return the recognizer of one rule."""
    from presidio_analyzer import Pattern, PatternRecognizer

    made = PatternRecognizer(
        rule.entity,
        name=rule.label,
        patterns=[Pattern(rule.label, rule.expression, 1.0 if rule.score is None else rule.score)],
        global_regex_flags=0,
    )
    made.validate_result = rule.proven  # type: ignore[method-assign]
    made.invalidate_result = rule.refuted  # type: ignore[method-assign]
    return made
