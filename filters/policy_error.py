"""What is raised for a policy's mistakes, and how the nearest valid word is found."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class PolicyError(Exception):
    """A policy breaks a rule; the text names the file, the key and what would be valid."""


def nearest(word: str, valid: Iterable[str]) -> str:
    """Return `; did you mean ...?`, or the valid words when none is near."""
    words = sorted(valid)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; valid: {', '.join(words[:12])}{', ...' if len(words) > 12 else ''}"
