"""What our recognizers share: their shapes are constants, their context words are the table's."""

from __future__ import annotations

from typing import ClassVar

from presidio_analyzer import Pattern, PatternRecognizer

from gemsieve.filters.pii.context_words import words

# Chinese, Japanese and Korean are written without spaces, so their signs are no part of a number.
SIGNS = "ぁ-ヿ㐀-鿿가-힣"
BEGIN, END = rf"(?<![^\W{SIGNS}])", rf"(?![^\W{SIGNS}])"
# Nor is a number the rest of a decimal.
LEFT, RIGHT = rf"{BEGIN}(?<!-)(?<![0-9][.,/])", rf"{END}(?![.,/-][0-9])"

# Scores of shapes. docs/pii.md says what they mean together with the words around.
TELLING = 0.5  # seldom anything else
UNCLEAR = 0.3  # as often something else
ANYTHING = 0.1  # nothing without a word beside it that names it


class Recognizer(PatternRecognizer):
    """A Presidio recognizer whose entity, shapes and flags are constants of its class.

    Its context words are English ones, for an `AnalyzerEngine`; the default mode reads the table.
    """

    entity: ClassVar[str]
    shapes: ClassVar[tuple[tuple[str, float], ...]]  # expressions and their scores
    flags: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__(
            supported_entity=self.entity,
            name=type(self).__name__,
            patterns=[
                Pattern(f"{self.entity} {i}", expression, score)
                for i, (expression, score) in enumerate(self.shapes, 1)
            ],
            context=words(self.entity, "en"),
            global_regex_flags=self.flags,
        )
