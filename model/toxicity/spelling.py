"""Spelling tricks for training texts, so that they are no way around the model."""

from __future__ import annotations

import random
import re

WORD = re.compile(r"[A-Za-z]{4,}")
SHARE = 0.12  # of texts
LOOKALIKES = {"a": "@4", "e": "3", "i": "1!", "o": "0", "s": "$5", "t": "7", "l": "1", "u": "v"}


def varied(text: str, rng: random.Random) -> str:
    """Return the text as it is, or, for one in eight, with up to three words spelled to evade."""
    if rng.random() >= SHARE:
        return text
    found = list(WORD.finditer(text))
    for match in sorted(rng.sample(found, min(3, len(found))), key=lambda m: -m.start()):
        trick = rng.choice((lookalikes, dropped, spaced, doubled, swapped, starred))
        text = text[: match.start()] + trick(match[0], rng) + text[match.end() :]
    return text


def lookalikes(word: str, rng: random.Random) -> str:
    """Write figures and signs for letters that look like them."""
    return "".join(
        rng.choice(LOOKALIKES[char.lower()])
        if char.lower() in LOOKALIKES and rng.random() < 0.6
        else char
        for char in word
    )


def dropped(word: str, rng: random.Random) -> str:
    """Leave a letter out, never the first."""
    place = rng.randrange(1, len(word))
    return word[:place] + word[place + 1 :]


def spaced(word: str, rng: random.Random) -> str:
    """Put a space, dot or hyphen between the letters."""
    return rng.choice(" .-").join(word)


def doubled(word: str, rng: random.Random) -> str:
    """Repeat a letter once or more."""
    place = rng.randrange(len(word))
    return word[:place] + word[place] * rng.randrange(1, 4) + word[place:]


def swapped(word: str, rng: random.Random) -> str:
    """Exchange two neighbouring letters."""
    place = rng.randrange(len(word) - 1)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def starred(word: str, rng: random.Random) -> str:
    """Hide an inner letter behind a star."""
    place = rng.randrange(1, len(word) - 1)
    return word[:place] + "*" + word[place + 1 :]
