"""Write a text as one byte a code point, so that offsets in bytes are offsets in the text."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import numpy.typing as npt

# What stands for the code points beyond ASCII. Whatever a recognizer's expression accepts there,
# it accepts of the stand-in too: `\d` a digit, `\w` a letter, `.` and negated classes all four.
# The underscore, the form feed and the control character are in no expression by themselves.
DIGIT, WORD, SPACE, OTHER = b"0_\x0c\x01"
# These are equal to an ASCII letter when case is ignored, by `regex` or by `re`.
FOLDS = {0x130: ord("i"), 0x131: ord("i"), 0x17F: ord("s"), 0x212A: ord("k")}
CHUNK = 1 << 20


def project(text: str) -> bytes:
    """Return one ASCII byte for every code point of the text, lone surrogates included."""
    if text.isascii():
        return text.encode("ascii")
    return b"".join(
        table()[np.frombuffer(code_points(text[i : i + CHUNK]), np.uint32)].tobytes()
        for i in range(0, len(text), CHUNK)
    )


def code_points(text: str) -> bytes:
    """Return four bytes for every code point; private ones for lone surrogates, of their class."""
    try:
        return text.encode("utf-32-le")
    except UnicodeEncodeError:
        return encodable(text).encode("utf-32-le")


def encodable(text: str) -> str:
    """Return a text with private characters for lone surrogates: neither are letters or spaces."""
    return re.sub("[\ud800-\udfff]", "\ue000", text)


@cache
def table() -> npt.NDArray[np.uint8]:
    """Return the byte of each of the 0x110000 code points.

    The classes are those of the `regex` module, which runs the recognizers' expressions, with the
    digits of `re`, which runs those for phone numbers.
    """
    import regex

    every = "".join(map(chr, range(0x110000)))
    bytes_ = np.full(len(every), OTHER, np.uint8)
    for byte, expression in ((WORD, r"\w+"), (SPACE, r"\s+"), (DIGIT, r"\d+")):
        for match in regex.finditer(expression, every):
            bytes_[match.start() : match.end()] = byte
    for digits in re.finditer(r"\d+", every):
        bytes_[digits.start() : digits.end()] = DIGIT
    for code, letter in FOLDS.items():
        bytes_[code] = letter
    bytes_[:128] = np.arange(128)
    return bytes_
