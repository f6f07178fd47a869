"""Pieces to text as they arrive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gemsieve.model.tokenizer import Tokenizer


def detokenize(tokenizer: Tokenizer, pieces: Iterable[int]) -> Iterator[str]:
    """Yield text as soon as it is certain, never a part of a character.

    The chunks together are exactly `tokenizer.decode` of all the pieces. Only byte pieces wait:
    until their character is whole, can no longer become one, or the pieces end.
    """
    held: list[int] = []
    for piece in pieces:
        if tokenizer.byte(piece) is None:
            chunk = tokenizer.decode(held) + tokenizer.decode([piece])
            held = []
        else:
            held.append(piece)
            ready = _certain([tokenizer.byte(held_piece) or 0 for held_piece in held])
            chunk, held = tokenizer.decode(held[:ready]), held[ready:]
        if chunk:
            yield chunk
    if held:
        yield tokenizer.decode(held)


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
