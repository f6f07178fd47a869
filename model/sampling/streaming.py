"""Pieces to text as they arrive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gemsieve.model.tokenizer import Tokenizer


class Detokenizer:
    """Give text as soon as it is certain, never a part of a character.

    The chunks together are exactly `tokenizer.decode` of all the pieces. Only byte pieces wait:
    until their character is whole, can no longer become one, or the pieces end. Special pieces have
    no text and part no character.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._held: list[int] = []

    @property
    def waiting(self) -> bool:
        """Tell whether the last pieces have no certain text yet."""
        return bool(self._held)

    def feed(self, piece: int) -> str:
        """Return the text that is certain now that this piece follows."""
        if piece in self._tokenizer.special:
            return ""
        if self._tokenizer.byte(piece) is None:
            return self.finish() + self._tokenizer.decode([piece])
        self._held.append(piece)
        ready = _certain([self._tokenizer.byte(held) or 0 for held in self._held])
        certain, self._held = self._held[:ready], self._held[ready:]
        return self._tokenizer.decode(certain)

    def finish(self) -> str:
        """Return the text of what waited, now that its character stays incomplete."""
        held, self._held = self._held, []
        return self._tokenizer.decode(held)


def detokenize(tokenizer: Tokenizer, pieces: Iterable[int]) -> Iterator[str]:
    """Yield the text of pieces as soon as it is certain, in chunks that are not empty."""
    detokenizer = Detokenizer(tokenizer)
    for piece in pieces:
        if chunk := detokenizer.feed(piece):
            yield chunk
    if chunk := detokenizer.finish():
        yield chunk


def _certain(data: list[int]) -> int:
    """Return how many leading bytes no further byte can change the reading of."""
    start = 0
    while start < len(data):
        try:
            bytes(data[start:]).decode()
        except UnicodeDecodeError as error:
            if error.reason == "unexpected end of data":
                return start + error.start
            # Bytes before the fault are whole characters; the faulty byte stands alone.
            start += error.start + 1
        else:
            return len(data)
    return start
