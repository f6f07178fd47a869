"""What a row of a table says."""

from __future__ import annotations

import re

Row = str | tuple[str, *tuple[float, ...]]
Found = tuple[int, int, float]


def parsed(row: Row) -> tuple[str, list[Found]]:
    """Return a row's text without its marks, and the spans and scores of what is to be found."""
    marked, *scores = (row,) if isinstance(row, str) else row
    text, starts, spans = "", [], []
    for piece in re.split("([«»])", marked):
        if piece == "«":
            starts.append(len(text))
        elif piece == "»":
            spans.append((starts[-1], len(text)))
        else:
            text += piece
    return text, [(*span, float(score)) for span, score in zip(spans, scores, strict=True)]
