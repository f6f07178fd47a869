"""Tell Cyrillic and Greek letters that stand in for Latin ones from those of their own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import regex

# The letters of these two scripts that have a Latin twin in Unicode's confusables.txt (UTS 39),
# and the two that look like k, which that table takes for another letter.
CYRILLIC = "АВЕЅІЈКМНОРСТУХҮѴӀԌԚԜаеѕіјкорсухүѵӏԁԛԝһ", "ABESIJKMHOPCTYXYVIGQWaesijkopcyxyvidqwh"
GREEK = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϜϹͿαγικνορςσυϝϲϳ", "ABEZHIKMNOPTYXFCJayikvopcoufcj"
TWINS = str.maketrans(*map("".join, zip(CYRILLIC, GREEK, strict=True)))
# What a full stop hides behind beside its wide and small forms; the first two by UTS 46.
STOPS = "\u3002\uff61\u00b7\u2022\u2027\u2219\u22c5\u30fb\uff65"

MASKS = re.compile("[" + "".join(map(chr, TWINS)) + STOPS + "]")
STOP = re.compile(f"[{STOPS}](?<=[0-9A-Za-z].)(?=[0-9A-Za-z])")
# Kinds of characters, of which a token may have many.
SPACE, TWIN, FALSE_STOP, LATIN, TELLING = (1 << bit for bit in range(5))


def unmasked(text: str) -> str:
    """Return a text of the same length with disguised letters and full stops made plain.

    A word is made Latin if all its Cyrillic and Greek letters have twins and it either has Latin
    letters too or belongs to a token (what white space separates) with a digit or an @. So words
    of genuine Cyrillic or Greek text stay: few of them can be spelt with twins alone, and fewer
    of these stand in such tokens. A full stop's stand-in is made plain in such tokens, between
    ASCII letters or digits.
    """
    if not MASKS.search(text):
        return text
    pieces: list[str] = []
    done = 0
    for begin, end, kind in suspects(text):
        pieces += [text[done:begin], token_unmasked(text[begin:end], kind)]
        done = end
    return "".join([*pieces, text[done:]])


def suspects(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield begin and end of each token that may wear a disguise, and the kinds of what it has."""
    found = kinds()[np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)]
    starts = np.append(0, np.flatnonzero(found[:-1] & SPACE) + 1)
    tokens = np.bitwise_or.reduceat(found, starts)
    letters = ((tokens & TWIN) > 0) & ((tokens & (LATIN | TELLING)) > 0)
    stops = ((tokens & FALSE_STOP) > 0) & ((tokens & TELLING) > 0)
    ends = np.append(starts[1:], len(text))
    for i in np.flatnonzero(letters | stops):
        yield int(starts[i]), int(ends[i]), int(tokens[i])


def token_unmasked(token: str, kind: int) -> str:
    """Return a token without its disguise."""
    if kind & TWIN:
        token = words().sub(bare if kind & TELLING else bare_if_mixed, token)
    if kind & FALSE_STOP and kind & TELLING:
        token = STOP.sub(".", token)
    return token


def bare(word: regex.Match[str]) -> str:
    """Return a word in Latin letters, or as it is if some letter has no twin."""
    seen: str = word[0]
    plain = seen.translate(TWINS)
    return seen if foreign().search(plain) else plain


def bare_if_mixed(word: regex.Match[str]) -> str:
    """Return a word that has Latin letters in Latin letters, or as it is."""
    return bare(word) if re.search("[A-Za-z]", word[0]) else str(word[0])


@cache
def words() -> regex.Pattern[str]:
    """Return the expression of a word, marks included."""
    import regex

    return regex.compile(r"\w+")


@cache
def foreign() -> regex.Pattern[str]:
    """Return the expression of letters of the two scripts."""
    import regex

    return regex.compile(r"[\p{Cyrillic}\p{Greek}]")


@cache
def kinds() -> npt.NDArray[np.uint8]:
    """Return the kinds of each of the 0x110000 code points."""
    import regex

    found = np.zeros(0x110000, np.uint8)
    for space in regex.findall(r"\s", "".join(map(chr, range(len(found))))):
        found[ord(space)] |= SPACE
    for characters, kind in (
        (map(chr, TWINS), TWIN),
        (STOPS, FALSE_STOP),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", LATIN),
        ("0123456789@", TELLING),
    ):
        found[[ord(character) for character in characters]] |= kind
    return found
