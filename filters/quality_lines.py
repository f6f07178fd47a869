"""How much of a text lies in lines and paragraphs that repeat, and how its lines look.

Rae et al. 2021 (arXiv 2112.11446), appendix A.1.1 and table A1.
"""

from __future__ import annotations

from collections.abc import Sequence

# The paper names no characters for a bullet point; these are what lists in plain text begin with.
BULLETS = frozenset("•‣⁃◦▪▫■□●○▶►◆◇·*-–")
ELLIPSES = ("...", "…")


def line_measures(text: str) -> dict[str, float]:
    """Return the measures of a text's lines and paragraphs, each a share in 0..1.

    A line is what `str.splitlines` gives, without white space around it; blank lines are not
    counted, or every well-spaced text would repeat itself. A paragraph is a run of lines without
    a blank one between. A line or paragraph is a duplicate when an equal one stands before it:
    the share is what removing the copies would remove. Without lines every share is 0.
    """
    stripped = [line.strip() for line in text.splitlines()]
    lines = [line for line in stripped if line]
    blocks = (block.strip("\n") for block in "\n".join(stripped).split("\n\n"))
    paragraphs = [block for block in blocks if block]
    total = max(len(lines), 1)
    line_share, line_character_share = duplicate_shares(lines)
    paragraph_share, paragraph_character_share = duplicate_shares(paragraphs)
    return {
        "bullet_line_share": sum(line[0] in BULLETS for line in lines) / total,
        "ellipsis_line_share": sum(line.endswith(ELLIPSES) for line in lines) / total,
        "duplicate_line_share": line_share,
        "duplicate_paragraph_share": paragraph_share,
        "duplicate_line_character_share": line_character_share,
        "duplicate_paragraph_character_share": paragraph_character_share,
    }


def duplicate_shares(parts: Sequence[str]) -> tuple[float, float]:
    """Return the share of parts, and of their characters, that repeat an earlier part."""
    distinct = set(parts)
    characters = sum(map(len, parts))
    copied = characters - sum(map(len, distinct))
    return (len(parts) - len(distinct)) / max(len(parts), 1), copied / max(characters, 1)
