"""Tell what operators wrote from what they are still to write over.

By the text and the key alone, so that a second look, a second run and another process agree.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

from gemsieve.filters.finding import Span
from gemsieve.filters.operators.key import Key
from gemsieve.filters.operators.keyed import ENCRYPTED, HASHED
from gemsieve.filters.operators.operator import Edit


def due(
    text: str, edits: Sequence[Edit], entities: frozenset[str], key: Key | None
) -> tuple[Edit, ...]:
    """Return the edits that are to be carried out in a text.

    Not due are those of words that the operator would write itself, of anything within a
    placeholder, a hash or a ciphertext, and of anything within a stand-in that the key has marked.

    Args:
        text: What the edits are of.
        edits: What the policy calls for.
        entities: What may stand in a placeholder, a hash or a ciphertext.
        key: The operators' key.
    """
    if not edits:
        return ()
    closed = [match.span() for match in marks(entities).finditer(text)]
    left: list[Edit] = []
    for edit in edits:
        if not edit.stands(text, key):
            left.append(edit)
        elif edit.entity in edit.operator.marked:
            closed.append(edit.span)
    return outside(closed, left)


def outside(closed: Sequence[Span], edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Return the edits that lie in none of the closed spans."""
    spans = sorted(closed)
    starts = [start for start, _ in spans]
    reach = list(accumulate((end for _, end in spans), max, initial=0))
    return tuple(e for e in edits if reach[bisect_right(starts, e.span[0])] < e.span[1])


@lru_cache(maxsize=16)
def marks(entities: frozenset[str]) -> re.Pattern[str]:
    """Return the expression of placeholders, hashes and ciphertexts of these entities."""
    names = "|".join(map(re.escape, sorted(entities, key=lambda name: (-len(name), name))))
    return re.compile(f"<(?:{names})(?::(?:{HASHED}|{ENCRYPTED}))?>")
