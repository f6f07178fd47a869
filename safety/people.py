"""Labels about people rather than harms: told to who asks for them, and written down for nobody."""

from __future__ import annotations

from collections.abc import Iterable

ABOUT_PEOPLE = ("identity.", "dialect.")


def harms(labels: Iterable[str]) -> list[str]:
    """Return the labels that are not about people."""
    return [label for label in labels if not label.startswith(ABOUT_PEOPLE)]
