"""A text in outline: where digits and capitals stand, found at the speed of looking for one byte.

An expression that begins with a class, such as any digit, is tried at every character; one that
begins with a literal is looked for. So each class that matters becomes one letter, code point by
code point, and expressions are written in these. It serves the leak check alone, which shares no
code with the detectors.
"""

from __future__ import annotations

import re
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

Span = tuple[int, int]

DIGIT, CAPITAL, BETWEEN = b"1A-"
SIGNS = " .()-"  # may stand between the digits of a value
RUN = re.compile(rb"1[1\-]{5,}1")  # whatever holds a card, a US number, an IPv4 address
COUNTRY = re.compile(rb"AA11")  # the beginning of an IBAN


class Outline:
    """One text, looked at as often as checks ask for it and read once.

    Attributes:
        text: The text itself.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _bytes(self) -> bytes:
        codes = np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), "<u4")
        return classes().take(codes).tobytes()

    @cached_property
    def runs(self) -> list[Span]:
        """The places of at least seven characters from digit to digit, with signs between."""
        return [match.span() for match in RUN.finditer(self._bytes)]

    @cached_property
    def countries(self) -> list[Span]:
        """The places of two capital letters and two digits."""
        return [match.span() for match in COUNTRY.finditer(self._bytes)]


@cache
def classes() -> npt.NDArray[np.uint8]:
    """Return, by code point, the letter of its class; 0 for what is of none."""
    found = np.zeros(0x110000, np.uint8)
    for code in range(len(found)):
        if chr(code).isdecimal():  # what `\\d` matches
            found[code] = DIGIT
    found[ord("A") : ord("Z") + 1] = CAPITAL
    found[[ord(sign) for sign in SIGNS]] = BETWEEN
    return found
