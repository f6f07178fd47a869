"""Ways to misspell a sentence, each on about half of its longer words."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping

LONG = re.compile(r"[^\W\d_]{4,}")
LEET = str.maketrans("aeiostAEIOST", "431057431057")
# Cyrillic letters that look Latin (Unicode Technical Standard 39, confusables).
TWINS = str.maketrans("aceiopsxyABCEHKMOPTX", "асеіорѕхуАВСЕНКМОРТХ")


def swapped(word: str, rng: random.Random) -> str:
    """Exchange two neighbours inside the word, where they differ."""
    places = [i for i in range(1, len(word) - 2) if word[i] != word[i + 1]]
    if not places:
        return word
    i = rng.choice(places)
    return word[:i] + word[i + 1] + word[i] + word[i + 2 :]


def without(word: str, rng: random.Random) -> str:
    """Leave out one inner letter."""
    i = rng.randrange(1, len(word) - 1)
    return word[:i] + word[i + 1 :]


def doubled(word: str, rng: random.Random) -> str:
    """Write one letter two to four times more."""
    i = rng.randrange(len(word))
    return word[: i + 1] + word[i] * rng.randint(2, 4) + word[i + 1 :]


WORDS: Mapping[str, Callable[[str, random.Random], str]] = {
    "swapped_letters": swapped,
    "missing_letters": without,
    "added_spaces": lambda word, _: " ".join(word),
    "leetspeak": lambda word, _: word.translate(LEET),
    "doubled_letters": doubled,
    "lookalikes": lambda word, _: word.translate(TWINS),
}
WAYS = frozenset(WORDS) | {"missing_spaces"}


def misspelt(text: str, way: str, rng: random.Random) -> str:
    """Return the text, misspelt in one of the `WAYS`; never as it was.

    Raises:
        KeyError: There is no such way.
    """
    pattern = re.compile(" ") if way == "missing_spaces" else LONG
    change = (lambda *_: "") if way == "missing_spaces" else WORDS[way]
    places = list(pattern.finditer(text))
    chosen = rng.sample(places, (len(places) + 1) // 2)
    for place in sorted(chosen, key=lambda p: -p.start()):
        text = text[: place.start()] + change(place.group(), rng) + text[place.end() :]
    return text
