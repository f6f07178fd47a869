"""Spell words as people do who hurry, or who hide: harmless sentences and hostile ones alike."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

LEET = str.maketrans("aeiost", "431057")
SYMBOLS = str.maketrans("aeios", "@€!0$")
WORD = re.compile(r"[^\W\d_]{4,}")


def leet(word: str, rng: random.Random) -> str:
    """Write digits or signs for letters."""
    return word.translate(rng.choice((LEET, SYMBOLS)))


def spaced(word: str, rng: random.Random) -> str:
    """Set a space, a point or a hyphen between the letters."""
    return rng.choice((" ", ".", "-")).join(word)


def starred(word: str, rng: random.Random) -> str:
    """Hide one inner letter."""
    at = rng.randrange(1, len(word) - 1)
    return word[:at] + rng.choice("*#_") + word[at + 1 :]


def shortened(word: str, rng: random.Random) -> str:
    """Leave out one inner letter."""
    at = rng.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1 :]


def doubled(word: str, rng: random.Random) -> str:
    """Say one letter two to four times."""
    at = rng.randrange(len(word))
    return word[:at] + word[at] * rng.randint(2, 4) + word[at + 1 :]


def swapped(word: str, rng: random.Random) -> str:
    """Exchange two inner letters that are neighbours."""
    at = rng.randrange(1, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def split(word: str, rng: random.Random) -> str:
    """Break the word in two."""
    at = rng.randrange(2, len(word) - 1)
    return f"{word[:at]} {word[at:]}"


SPELLINGS: tuple[Callable[[str, random.Random], str], ...] = (
    *(leet, spaced, starred, shortened, doubled, swapped, split),
)


def misspelt(text: str, rng: random.Random) -> str:
    """Respell one to three words of four letters or more, all in one way."""
    words = list(WORD.finditer(text))
    chosen = rng.sample(words, min(len(words), rng.randint(1, 3)))
    way = rng.choice(SPELLINGS)
    for word in sorted(chosen, key=re.Match.start, reverse=True):
        text = text[: word.start()] + way(word[0], rng) + text[word.end() :]
    return text


def careless(text: str, rng: random.Random) -> str:
    """Return the text as a chat has it: small letters, or no last mark, or all capitals."""
    way = rng.randrange(4)
    if way == 0:
        return text.upper()
    return (text if way == 1 else text.lower()).rstrip(".!?" if way < 3 else "")
