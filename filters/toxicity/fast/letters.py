"""What each code point is to the fast tier: its plain form, and what it does to words.

Case, accents and compatibility forms are dropped, so that a word has one spelling. Offsets stay:
a code point becomes one code point, or none where it is invisible or a mark on another.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

# Kinds of code points, in the low bits of a class.
SPACE, WORD, SINGLE, INNER, EDGE, NONE = range(6)
KIND, STOP, BREAK, LETTER = 0x07, 0x08, 0x10, 0x20
PLAIN = 8  # bits of a class, below those of a plain code
ASCII = 0x80

INNERS = "'\u2019!|"  # part of a word between two of its letters: "don't", "st!r"
EDGES = "@$*"  # part of a word beside one of its letters: "@ss", "f*"
STOPS = ".!?\u2026\u3002\uff01\uff1f"
# Typographers' marks, read as a typewriter's.
MARKS = {
    code: plain
    for plain, marks in {
        "'": "\u2018\u2019\u201a\u201b\u2032",
        '"': "\u201c\u201d\u201e\u201f\u2033\xab\xbb",
        "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
        ".": "\u2026\xb7",
        "*": "\u2022\u2217",
        " ": "\xa0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f",
    }.items()
    for code in map(ord, marks)
}
LAST = 0x30000  # code points above stand alone, as themselves
HANGUL = range(0xAC00, 0xD7A4)
# Scripts written without spaces in which a sign is a word or near it.
ALONE = (range(0x3040, 0x3100), range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, LAST))

Codes = npt.NDArray[np.uint32]


@cache
def letters(size: int = LAST) -> Codes:
    """Return, of each of the first code points, the code of its plain form, and its class.

    The class fills the low eight bits. All of them take a quarter of a second, ASCII none.
    """
    characters = map(chr, range(size))
    return np.array([plain_code(c) << PLAIN | class_of(c) for c in characters], np.uint32)


def class_of(character: str) -> int:
    """Return what a character does to words, and whether it ends sentences or is a letter."""
    kind = kind_of(character)
    stop = STOP if character in STOPS else 0
    line = BREAK if character in "\n\r\u2028\u2029" else 0
    return kind | stop | line | (LETTER if character.isalpha() else 0)


def kind_of(character: str) -> int:
    """Return a character's kind."""
    code, category = ord(character), unicodedata.category(character)
    if category in {"Mn", "Me", "Cf"} or code == 0xAD:
        return NONE
    if character in INNERS:
        return INNER
    if character in EDGES:
        return EDGE
    if any(code in block for block in ALONE):
        return SINGLE
    if category[0] in "LNM" or character == "_":
        return WORD
    return SINGLE if category[0] in "PS" else SPACE


def plain_code(character: str) -> int:
    """Return the code of a character without case, accent or compatibility form."""
    if ord(character) in MARKS:
        return ord(MARKS[ord(character)])
    if ord(character) in HANGUL:
        return ord(character)
    lower = character.lower()
    bare = "".join(c for c in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(c))
    bare = bare.lower()
    return ord(bare) if len(bare) == 1 else ord(lower[0])
