"""Cut texts into words and passages, all at once, with places in code points.

A word is a run of letters and digits; every mark, and every sign of a script without spaces, is a
word of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gemsieve.filters.toxicity.fast.hashes import Hashes, hashed, packed
from gemsieve.filters.toxicity.fast.letters import (
    BREAK,
    EDGE,
    INNER,
    KIND,
    NONE,
    SINGLE,
    SPACE,
    STOP,
    WORD,
    Classes,
    all_letters,
    ascii_letters,
)

CELL = 384  # code points: at most one passage ends in each, so a passage has at most two of them

Indexes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Plain = npt.NDArray[np.uint8] | npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Words:
    """The words of some texts, by place, and the passages that they make up.

    Attributes:
        plain: Plain codes of all texts, end to end, each text followed by one code for its end.
        classes: The class of each of them.
        starts, ends: Where each word lies in `plain`.
        keys: What tells one word from another in this process: a hash of its plain codes.
        text: The number of the text that each passage belongs to.
        first: The number of each passage's first word; one more for the end.
        sentence: The same of each sentence; no sentence reaches over the border of two passages.
        begins: Where each text begins when all are laid end to end, each followed by its end.
        hidden: Of each code that was left out, how many codes of `plain` stand before it.
    """

    plain: Plain
    classes: Classes
    starts: Indexes
    ends: Indexes
    keys: Hashes
    text: Indexes
    first: Indexes
    sentence: Indexes
    begins: Indexes
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
        begin = self.begins[text]
        columns = text, first - begin, last + 1 - begin
        return [*zip(*(column.tolist() for column in columns), strict=True)]


def cut(texts: Sequence[str]) -> Words:
    """Return the words and passages of texts; if all are ASCII it is twice as fast."""
    joined = "\0".join(texts) + "\0"
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
    begins = offset = np.cumsum(lengths) - lengths
    hidden = np.zeros(0, np.int64)
    plain: Plain
    if joined.isascii():
        raw = joined.encode("ascii")
        letters = ascii_letters()
        classes = np.frombuffer(raw.translate(letters.class_bytes), np.uint8)
        plain = np.frombuffer(raw.translate(letters.plain_bytes), np.uint8)
        starts, ends = bounds(classes)
        keys = packed(plain, starts, ends)
    else:
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        classes, plain = all_letters().look_up(codes)
        out = np.flatnonzero((classes & KIND) == NONE)
        if len(out):
            classes, plain = np.delete(classes, out), np.delete(plain, out)
            offset = offset - np.searchsorted(out, offset)
            hidden = out - np.arange(len(out))
        starts, ends = bounds(classes)
        keys = packed((plain & 0xFF).astype(np.uint8), starts, ends)
        high = np.unique(np.searchsorted(ends, np.flatnonzero(plain > 0xFF), "right"))
        high = high[high < len(ends)]
        keys[high] = hashed(plain, starts[high], ends[high])
    text, first, sentence = passages(classes, ends, offset)
    return Words(plain, classes, starts, ends, keys, text, first, sentence, begins, hidden)


def bounds(classes: Classes) -> tuple[Indexes, Indexes]:
    """Return where each word starts and ends."""
    kind = classes & KIND
    word, single, joins = kind == WORD, kind == SINGLE, kind >= INNER
    if joins.any():
        left, right = np.zeros_like(word), np.zeros_like(word)
        left[1:], right[:-1] = word[:-1], word[1:]
        inside = (kind == INNER) & left & right
        inside |= (kind == EDGE) & (left | right)
        single |= joins & ~inside
        word |= inside
    edge = np.empty(len(word) + 1, bool)
    edge[0], edge[-1] = word[0], word[-1]
    np.not_equal(word[1:], word[:-1], out=edge[1:-1])
    # A mark starts and ends a word of its own, beside whatever starts or ends at its two sides.
    start, end = edge[:-1] & word, edge[1:] & word
    start |= single
    end |= single
    return np.flatnonzero(start), np.flatnonzero(end) + 1


def passages(classes: Classes, ends: Indexes, offset: Indexes) -> tuple[Indexes, Indexes, Indexes]:
    """Return each passage's text, its first word, and each sentence's (one more for the end).

    A text's code points fall into cells. A passage ends with the last sentence that ends in a
    cell or, where none does, with the last word that does; a text's last one, with the text.
    """
    sizes = np.diff(np.append(offset, len(classes)))
    cells = -(-sizes // CELL)
    text = np.repeat(np.arange(len(offset)), cells)
    inside = np.arange(len(text)) - np.repeat(np.cumsum(cells) - cells, cells)
    edges = np.minimum((inside + 1) * CELL, sizes[text]) + offset[text]
    # How many words end in the texts up to each cell's end, and up to its last sentence's end.
    words = np.searchsorted(ends, edges, "right")
    sentences = np.searchsorted(ends, sentence_ends(classes), "right")
    before = np.append(0, words[:-1])
    last = np.append(0, sentences)[np.searchsorted(sentences, words, "right")]
    closing = np.append(text[1:] != text[:-1], True) if len(text) else np.zeros(0, bool)
    breaks = np.where((last > before) & ~closing, last, words)
    real = np.diff(breaks, prepend=0) > 0
    return text[real], np.append(0, breaks[real]), np.union1d(0, np.append(breaks, sentences))


def sentence_ends(classes: Classes) -> Indexes:
    """Return where sentences end: behind a full stop and the like before a space, or a line."""
    found = np.flatnonzero(classes & (STOP | BREAK))
    stop = (classes[found] & STOP) > 0
    following = classes[np.minimum(found + 1, len(classes) - 1)] & KIND
    ends: Indexes = (found + stop)[~stop | (following == SPACE)]
    return ends
