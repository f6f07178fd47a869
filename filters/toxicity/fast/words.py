"""Cut texts into words and passages, with places in code points.

A word is a run of letters and digits; every mark, and every sign of a script without spaces, is a
word of its own. Of one mark many times over, as in a line under a heading, the first three count.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from gemsieve.filters.toxicity.fast.hashes import BASE, Codes, Hash, Hashes, Indexes, mixed
from gemsieve.filters.toxicity.fast.letters import (
    ASCII,
    BREAK,
    INNER,
    KIND,
    LAST,
    LETTER,
    NONE,
    PLAIN,
    SINGLE,
    SPACE,
    STOP,
    WORD,
    letters,
)
from gemsieve.filters.toxicity.fast.native import native

CELL = 384  # code points: at most one passage ends in each, so a passage has at most two of them
LONGEST = 24  # codes of a word that count: longer ones are seldom words
SPOKEN = np.uint32(0xFFFFFF00 | LETTER)  # the bits of a letter that tell words apart
NOUGHT, ONE, MOST, LAST_PLACE = Hash(0), Hash(1), Hash(3), Hash(LONGEST)
# By the place in a word; letters behind the longest add nothing.
POWERS = np.array([pow(int(BASE), i, 1 << 64) for i in range(LONGEST)] + [0], np.uint64)


class Words(NamedTuple):
    """The words of some texts, by place, and the passages that they make up.

    Attributes:
        letters: Plain codes and classes of all texts, each text followed by one for its end.
        starts, ends: Where each word lies in them.
        keys: What tells one word from another: a hash of its letters.
        text: The number of the text that each passage belongs to.
        first: The number of each passage's first word; one more for the end.
        sentence: The same of each sentence; no sentence reaches over the border of two passages.
        closes: Where each text ends when all are laid end to end, each followed by its end.
        hidden: Of each code that was left out, how many letters stand before it.
    """

    letters: Codes
    starts: Indexes
    ends: Indexes
    keys: Hashes
    text: Indexes
    first: Indexes
    sentence: Indexes
    closes: Indexes
    hidden: Indexes

    def spans(self, border: Indexes, chosen: Indexes) -> list[tuple[int, int, int]]:
        """Return the text's number, and start and end in it, of some passages or sentences.

        Args:
            border: `first` or `sentence`.
            chosen: The numbers of some of them.
        """
        first, last = self.starts[border[chosen]], self.ends[border[chosen + 1] - 1] - 1
        if len(self.hidden):
            first += np.searchsorted(self.hidden, first, "right")
            last += np.searchsorted(self.hidden, last, "right")
        text = self.text[np.searchsorted(self.first, border[chosen], "right") - 1]
        begin = np.append(0, self.closes)[text]
        columns = text, first - begin, last + 1 - begin
        return [*zip(*(column.tolist() for column in columns), strict=True)]


def cut(texts: Sequence[str]) -> Words:
    """Return the words and passages of texts."""
    joined = "\0".join([*texts, ""])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    ends = np.fromiter(accumulate(len(text) + 1 for text in texts), np.int64, len(texts))
    return parted(codes, ends, letters(ASCII if joined.isascii() else LAST))


@native
def parted(codes: Codes, ends: Indexes, known: Codes) -> Words:
    """Return the words of texts that end in some places, by what is known of letters."""
    read, hidden = seen(codes, known)
    starts, stops, keys, closing = bounds(read)
    borders = ends - np.searchsorted(hidden + np.arange(len(hidden)), ends)
    text, first, sentence = passages(stops, closing, borders)
    return Words(read, starts, stops, keys, text, first, sentence, ends, hidden)


@native
def seen(codes: Codes, known: Codes) -> tuple[Codes, Indexes]:
    """Return letters for codes, and of each code that is none how many letters are before it."""
    read, hidden = np.empty(len(codes), np.uint32), np.empty(len(codes), np.int64)
    size = left = 0
    for code in codes:
        letter = known[code] if code < len(known) else np.uint32(code << PLAIN | SINGLE)
        read[size] = letter
        if letter & KIND == NONE:
            hidden[left] = size
            left += 1
        else:
            size += 1
    return read[:size], hidden[:left]


@native
def inside(read: Codes, at: Hash) -> bool:
    """Say whether a letter is part of a longer word: by itself, or by those beside it."""
    kind = read[at] & KIND
    if kind < INNER:
        return bool(kind == WORD)
    before, behind = read[at - 1] & KIND == WORD, read[at + 1] & KIND == WORD
    return bool(before and behind if kind == INNER else before or behind)


@native
def bounds(read: Codes) -> tuple[Indexes, Indexes, Hashes, Indexes]:
    """Return where words start and end, their keys, and how many each sentence's end follows.

    Sentences end behind a full stop and the like before a space, and with a line. Where a word
    ends cannot be foreseen, and a processor that guesses wrong loses more than a letter's time: so
    every letter is written as the last of the newest word, without asking.
    """
    starts, ends = np.empty(len(read), np.int64), np.empty(len(read), np.int64)
    keys, closing = np.empty(len(read), np.uint64), np.empty(len(read), np.int64)
    count = closed = at = place = key = before = again = NOUGHT
    last = np.uint32(0)
    for letter in read:
        kind = letter & KIND
        within = Hash(kind == WORD if kind < INNER else inside(read, at))
        again = (again + ONE) * Hash(letter == last)
        last = letter
        some = Hash(kind != SPACE) & (within | Hash(again < MOST))
        start = some & ~(within & before)
        before = within
        keep = start - ONE  # no bit where a word starts, else all
        place &= keep
        key = (key & keep) + Hash(letter & SPOKEN) * POWERS[min(place, LAST_PLACE)]
        starts[count] = at
        count += start
        at += ONE
        place += ONE
        ends[count - some], keys[count - some] = at, key
        if letter & (STOP | BREAK) and (letter & BREAK or read[at] & KIND == SPACE):
            closing[closed] = count
            closed += ONE
    for i in range(count):
        keys[i] = mixed(keys[i]) | ONE  # never 0
    return starts[:count], ends[:count], keys[:count], closing[:closed]


@native
def passages(ends: Indexes, closing: Indexes, borders: Indexes) -> tuple[Indexes, Indexes, Indexes]:
    """Return each passage's text, its first word, and each sentence's (one more for the end).

    A text's letters fall into cells. A passage ends with the last sentence that ends in a cell
    or, where none does, with the last word that does; a text's last one, with the text.

    Args:
        ends: Of words.
        closing: How many words stand before each sentence's end.
        borders: Where texts end.
    """
    text, first = np.empty(len(ends), np.int64), np.zeros(len(ends) + 1, np.int64)
    sentence = np.zeros(len(ends) + 1, np.int64)
    made = told = words = closed = edge = 0
    for number, border in enumerate(borders):
        while edge < border:
            edge = min(edge + CELL, border)
            before, last = words, 0
            words = np.searchsorted(ends, edge, side="right")
            while closed < len(closing) and closing[closed] <= words:
                last = closing[closed]
                closed += 1
                if last > sentence[told]:
                    told += 1
                    sentence[told] = last
            last = last if last > before and edge < border else words
            if last > first[made]:
                text[made] = number
                made += 1
                first[made] = last
            if last > sentence[told]:
                told += 1
                sentence[told] = last
    return text[:made], first[: made + 1], sentence[: told + 1]
