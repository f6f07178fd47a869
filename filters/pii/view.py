"""See a text as its reader does: plain digits and letters for look-alikes, nothing invisible."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from gemsieve.filters.finding import Span
from gemsieve.filters.pii.lookalikes import unmasked

Offsets = npt.NDArray[np.int32]

# What Unicode's tables call neither dash nor space nor an ASCII sign, and looks like one.
SIGNS = {"−˗⁃": "-", "∕⁄": "/", "∶": ":", "\u2800": " "}
# Letters and digits set high or low stand beside plain ones as footnotes and powers.
RAISED = frozenset({"<super>", "<sub>"})
# In the table of what to show: nothing, and a mark, which counts by what it stands on.
GONE, MARK = 0xFFFF_FFFF, 0x8000_0000
CARRIERS = np.frombuffer("0123456789@".encode("utf-32-le"), np.uint32)
CHUNK = 1 << 20


@dataclass(frozen=True)
class View:
    """A text made plain.

    Attributes:
        original: The text as it came.
        text: What a reader sees of it.
        offsets: Where each character of `text` stands in `original`; None where they are the same.
    """

    original: str
    text: str
    offsets: Offsets | None = None

    def span(self, begin: int, end: int) -> Span:
        """Return where characters of the view stand, with what is hidden between them."""
        if self.offsets is None:
            return begin, end
        return int(self.offsets[begin]), int(self.offsets[end - 1]) + 1

    def touches(self, begin: int, end: int) -> bool:
        """Say whether the original differs there, or hides something right before or behind."""
        first, last = self.span(begin, end)
        before = self.span(begin - 1, begin)[1] if begin else 0
        after = self.span(end, end + 1)[0] if end < len(self.text) else len(self.original)
        return (before, after) != (first, last) or (
            self.original[first:last] != self.text[begin:end]
        )


def normalise(text: str) -> View:
    """Return the view of a text, in time linear in its length; an ASCII text is its own.

    One plain character stands for one of: a decimal digit of any script; a character whose
    compatibility decomposition (UAX 15) is a single ASCII one, unless raised or lowered; a space
    or a dash of any kind; a Cyrillic or Greek letter that can be taken for a Latin one, where
    `lookalikes.unmasked` sees a disguise. Left out are default-ignorable code points (UAX 44),
    strokes laid over a character, and any mark on a digit or an @.
    """
    if text.isascii():
        return View(text, text)
    pieces: list[str] = []
    offsets: list[Offsets] = []
    for begin, end in chunks(text):
        piece, kept = shown(text[begin:end])
        pieces.append(unmasked(piece))
        offsets.append(kept + np.int32(begin))
    plain = "".join(pieces)
    return View(text, text) if plain == text else View(text, plain, np.concatenate(offsets))


def chunks(text: str) -> Iterator[Span]:
    """Cut a text behind white space where there is some, so that memory stays small."""
    begin = 0
    while begin < len(text):
        end = begin + CHUNK
        if end < len(text):
            end = 1 + max(text.rfind(space, begin, end) for space in " \n") or end
        yield begin, end
        begin = end


def shown(text: str) -> tuple[str, Offsets]:
    """Replace and leave out characters by their own properties; say which remain."""
    raw = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    codes = table()[raw]
    kept = np.arange(len(codes), dtype=np.int32)
    if (codes >= MARK).any():
        kept = kept[codes != GONE]
        codes = codes[kept]
        marks = codes >= MARK
        bases = np.maximum.accumulate(np.where(marks, 0, np.arange(len(codes))))
        lasting = ~(marks & np.isin(codes[bases], CARRIERS))
        kept, codes = kept[lasting], codes[lasting] & ~np.uint32(MARK)
    return codes.tobytes().decode("utf-32-le", "surrogatepass"), kept


@cache
def table() -> npt.NDArray[np.uint32]:
    """Return what to show for each of the 0x110000 code points: one of them, MARK | it, or GONE."""
    import regex

    every = "".join(map(chr, range(0x110000)))
    codes = np.arange(len(every), dtype=np.uint32)
    for sign in regex.findall(r"[\p{NFKC_Quick_Check=No}\p{Nd}]", every):
        codes[ord(sign)] = ord(plain(sign))
    for sign in regex.findall(r"\p{M}", every):
        codes[ord(sign)] = GONE if unicodedata.combining(sign) == 1 else ord(sign) | MARK
    for signs, sign in SIGNS.items():
        codes[[ord(other) for other in signs]] = ord(sign)
    for expression, code in (
        (r"\p{Zs}+", ord(" ")),
        (r"\p{Pd}+", ord("-")),
        (r"\p{Default_Ignorable_Code_Point}+", GONE),
    ):
        for match in regex.finditer(expression, every):
            codes[match.start() : match.end()] = code
    return codes


def plain(sign: str) -> str:
    """Return the ASCII character that a digit or a compatibility character is, or itself."""
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    if unicodedata.decomposition(sign).split(" ")[0] in RAISED:
        return sign
    bare = unicodedata.normalize("NFKC", sign)
    return bare if len(bare) == 1 and bare.isascii() else sign
