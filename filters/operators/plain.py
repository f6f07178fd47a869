"""Operators without a key: a placeholder, a text of one's own, or masked characters."""

from __future__ import annotations

from dataclasses import dataclass

from gemsieve.filters.operators.key import Key
from gemsieve.filters.operators.operator import NONE, Operator, Order, placeholder


@dataclass(frozen=True)
class Redact:
    """Writes the placeholder that Presidio's `replace` writes by default: `<EMAIL_ADDRESS>`."""

    name = "redact"
    keyed = False
    marked = NONE
    shows = False
    order = (0, 0, "")

    def __call__(self, _word: str, entity: str, _key: Key | None) -> str:
        """Return the placeholder."""
        return placeholder(entity)


REDACT: Operator = Redact()


@dataclass(frozen=True)
class Replace:
    """Writes one text for every value.

    Attributes:
        new_value: That text.
    """

    new_value: str
    name = "replace"
    keyed = False
    marked = NONE
    shows = False

    @property
    def order(self) -> Order:
        """As little as a placeholder, which goes before it."""
        return 0, 1, self.new_value

    def __call__(self, _word: str, _entity: str, _key: Key | None) -> str:
        """Return the text."""
        return self.new_value


@dataclass(frozen=True)
class Mask:
    """Writes one character over some of the value's, and leaves the others.

    Attributes:
        masking_char: That character.
        chars_to_mask: How many of a value's characters; None for all, as any greater number is.
        from_end: Whether they are counted from its end.
    """

    masking_char: str = "*"
    chars_to_mask: int | None = None
    from_end: bool = False
    name = "mask"
    keyed = False
    marked = NONE

    @property
    def shows(self) -> bool:
        """Whether anything may be left."""
        return self.chars_to_mask is not None

    @property
    def order(self) -> Order:
        """The most of all; masks of more characters before masks of fewer."""
        count = 1 << 62 if self.chars_to_mask is None else self.chars_to_mask
        return 4, -count, f"{self.masking_char}{self.from_end}"

    def __call__(self, word: str, _entity: str, _key: Key | None) -> str:
        """Return the word with its characters masked."""
        count = len(word) if self.chars_to_mask is None else min(len(word), self.chars_to_mask)
        mask, rest = self.masking_char * count, len(word) - count
        return word[:rest] + mask if self.from_end else mask + word[count:]
