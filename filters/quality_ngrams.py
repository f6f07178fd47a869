"""How much of each text lies in word n-grams that repeat (Rae et al. 2021, table A1).

Several texts are counted at once, for NumPy is slow on one short text. Their words get numbers of
their own, so no n-gram of one text equals one of another, and one that straddles two texts occurs
once. Nothing is hashed: equal numbers are equal n-grams, whatever else is in the batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

TOP = (2, 3, 4)
DUPLICATE = (5, 6, 7, 8, 9, 10)


@dataclass(frozen=True)
class Words:
    """The words of several texts, one after another, as arrays.

    Attributes:
        ids: One number for each distinct word of each text, from 0, [words].
        offsets: Characters before each word, and after the last, [words + 1].
        text: Which text each word is of, [words].
        characters: Of the words of each text, [texts].
    """

    ids: Ints
    offsets: Ints
    text: Ints
    characters: Ints


def number(texts: Sequence[Sequence[str]]) -> Words:
    """Number the words of texts that are split into words."""
    numbers = count()
    sizes = np.array([len(words) for words in texts], np.int64)
    ends = np.cumsum(sizes)
    ids, offsets = np.empty(sizes.sum(), np.int64), np.zeros(sizes.sum() + 1, np.int64)
    for words, size, end in zip(texts, sizes, ends, strict=True):
        # A word met for the first time takes the next number, without a step in Python.
        numbered: defaultdict[str, int] = defaultdict(numbers.__next__)
        ids[end - size : end] = np.fromiter(map(numbered.__getitem__, words), np.int64, size)
        offsets[end - size + 1 : end + 1] = np.fromiter(map(len, words), np.int64, size)
    np.cumsum(offsets, out=offsets)
    text = np.repeat(np.arange(len(texts)), sizes)
    return Words(ids, offsets, text, offsets[ends] - offsets[ends - sizes])


def shares(texts: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """Return the share of each text's characters that repeated n-grams cover, for n = 2 to 10.

    For n in `TOP`: of the n-gram that occurs most often, and more than once; where several occur
    equally often, of the one that covers most. For n in `DUPLICATE`: of every occurrence but the
    first of any n-gram. A character is counted once however many n-grams cover it. White space is
    not counted.

    Args:
        texts: Each as its words, in order.

    Returns:
        Shares in 0..1, [texts, 9]; 0 for a text without words.
    """
    words = number(texts)
    share = np.zeros((len(texts), len(TOP + DUPLICATE)))
    for column, (n, places, names) in enumerate(repeated(words.ids)):
        count_characters = top if n in TOP else duplicate
        characters = count_characters(words, n, places, names)
        share[:, column] = characters / np.maximum(words.characters, 1)
    return share


def repeated(ids: Ints) -> Iterator[tuple[int, Ints, Ints]]:
    """Yield n, the places where repeated n-grams begin, ascending, and a number for each n-gram.

    An n-gram can repeat only if both (n-1)-grams in it do, so ever fewer places are sorted, and
    the pair of their numbers names it exactly.
    """
    places, names = several(np.arange(ids.size), ids)
    for n in TOP + DUPLICATE:
        pairs = np.flatnonzero(np.diff(places) == 1)
        keys = names[pairs] * ids.size + names[pairs + 1]
        places, names = several(places[pairs], np.unique(keys, return_inverse=True)[1])
        yield n, places, names


def several(places: Ints, names: Ints) -> tuple[Ints, Ints]:
    """Keep the places whose name stands at another place too."""
    kept = np.bincount(names)[names] > 1
    return places[kept], names[kept]


def top(words: Words, n: int, places: Ints, names: Ints) -> Ints:
    """Return the characters that the most frequent n-gram of each text covers."""
    times, text = np.bincount(names)[names], words.text[places]
    most = np.zeros(words.characters.size, np.int64)
    np.maximum.at(most, text, times)
    frequent = times == most[text]
    places, names = places[frequent], names[frequent]
    order = np.argsort(names, kind="stable")
    places, names = places[order], names[order]
    reached = np.where(names[1:] == names[:-1], places[:-1] + n, 0)
    covered = np.bincount(names, fresh(words, n, places, reached)).astype(np.int64)
    best = np.zeros(words.characters.size, np.int64)
    np.maximum.at(best, words.text[places], covered[names])
    return best


def duplicate(words: Words, n: int, places: Ints, names: Ints) -> Ints:
    """Return the characters that n-grams cover which occurred in their text before."""
    first = np.empty(names.max(initial=-1) + 1, np.int64)
    first[names[::-1]] = places[::-1]  # of values for one index the last is kept: the first place
    places = places[places != first[names]]
    covered = fresh(words, n, places, places[:-1] + n)
    sums = np.bincount(words.text[places], covered, words.characters.size)
    return sums.astype(np.int64)


def fresh(words: Words, n: int, places: Ints, reached: Ints) -> Ints:
    """Return the characters of each n-gram from the word on that the one before it reached."""
    start = places.copy()
    np.maximum(start[1:], reached, out=start[1:])
    covered: Ints = words.offsets[places + n] - words.offsets[start]
    return covered
