"""Expressions that ask what stands anywhere behind them: answered once a text, not once a place.

`(?=.*?[0-9]{4})` at the start of an expression reads to the end of the text from every place where
a match might begin. But it holds at a place just when the last four digits begin no earlier.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

# At the start, with nothing before but word borders and groups: lookaheads for a class of
# characters so many times, anywhere behind.
OPENING = r"(?P<opening>(?:\\b|\((?!\?))*)"
WANTED = r"\[\^?\]?[^\]\\]*\](?:\{\d+\})?"
EXPRESSION = re.compile(rf"{OPENING}(?P<far>(?:\(\?=\.\*\??{WANTED}\))+)(?P<rest>.*)", re.DOTALL)


class Far(NamedTuple):
    """An expression without its far lookaheads, and how far into a text they hold.

    Attributes:
        expression: Matches where the whole did, at places that `last` allows.
        last: From a text to the last place where a match may begin, -1 for none.
    """

    expression: str
    last: Callable[[str], int]


def split(expression: str, flags: int) -> Far | None:
    """Take the far lookaheads out of an expression; None when it has none that are understood.

    Args:
        expression: The expression.
        flags: Those it is compiled with; without DOTALL, far is only to the end of the line.
    """
    found = EXPRESSION.fullmatch(expression)
    if not found or not flags & re.DOTALL:
        return None
    import regex

    # Searched from the end; of one width, so that the last to end is the last to begin.
    wanted = [regex.compile(f"(?r){w}", flags) for w in re.findall(WANTED, found["far"])]

    def last(text: str) -> int:
        return min((m.start() if (m := w.search(text)) else -1) for w in wanted)

    return Far(found["opening"] + found["rest"], last)
