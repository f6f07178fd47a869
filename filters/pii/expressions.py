"""What can be told of an expression before it is run: its width, its reach, its gate."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

# The only parser of expressions at hand; the same module from Python 3.11 to 3.14.
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]

import numpy as np

from gemsieve.filters.pii.projection import FOLDS, project, table

UNBOUNDED = 1 << 16
# Escapes that mean the same to `re`, to `regex` and to the scanner; any other is left alone.
COMMON_ESCAPES = re.compile(r"(?:[^\\]|\\[bBdDsSwWnrt1-9]|\\[^A-Za-z0-9])*", re.DOTALL)
# What `regex` alone gives a meaning to: approximate matching and sets in the style of POSIX; and
# switching off a flag for a part.
UNCOMMON = re.compile(r"\{[a-z]|\[:\^?[a-z]+:\]|\(\?[a-z]*-")
# What the projection writes for a code point beyond ASCII other than a sign or a space, or for one
# that is an ASCII letter when case is ignored: a negated class that names it would not see it.
STOOD_FOR = frozenset(b"0_") | {ord(chr(folded)) for folded in FOLDS.values()}


@dataclass(frozen=True)
class Shape:
    """Facts of an expression.

    Attributes:
        width: The greatest width of a match, UNBOUNDED for none.
        ahead: The greatest width of what a match may depend on behind its end, at least 2.
        spaceless: Whether a match can hold no white space.
        gate: An expression over projected text that matches, at least, wherever there is a match;
            None when none is known.
    """

    width: int
    ahead: int
    spaceless: bool
    gate: str | None


def shape(expression: str, flags: int) -> Shape:
    """Return the facts of an expression of the `regex` module; cautious where they are unknown.

    Args:
        expression: The expression.
        flags: Those it is compiled with.
    """
    # `regex` reads a switch anywhere as one for the whole expression, others at the start only.
    plain = expression.replace("(?i)", "") if flags & re.IGNORECASE else expression
    unknown = Shape(UNBOUNDED, UNBOUNDED, spaceless=False, gate=None)
    if UNCOMMON.search(plain):
        return unknown
    try:
        with warnings.catch_warnings(action="error"):
            tree = parser.parse(plain, flags & (re.I | re.M | re.S | re.X))
    except (re.error, FutureWarning, DeprecationWarning):
        return unknown
    nodes = list(walk(tree))
    ahead = max((width for node, width in nodes if node is None), default=0)
    safe = COMMON_ESCAPES.fullmatch(plain) and not flags & re.VERBOSE
    gated = (
        safe
        and tree.getwidth()[0] > 0
        and all(visible(node, bool(flags & re.IGNORECASE)) for node, _ in nodes if node)
    )
    return Shape(
        width=min(tree.getwidth()[1], UNBOUNDED),
        # `$` asks for the sign behind a match, and whether a line break there is the last sign.
        ahead=min(max(ahead, 2), UNBOUNDED),
        spaceless=all(not spaced(node) for node, _ in nodes if node),
        gate=project(plain).decode("ascii") if gated else None,
    )


Node = tuple[object, object]


def walk(tree: object) -> Iterator[tuple[Node | None, int]]:
    """Yield every operation that consumes characters; None with its width for each lookahead."""
    if isinstance(tree, parser.SubPattern):
        for operator, argument in tree:
            if operator in {constants.ASSERT, constants.ASSERT_NOT}:
                direction, body = argument
                width = body.getwidth()[1] if direction > 0 else 0
                yield None, width + max((w for node, w in walk(body) if node is None), default=0)
            elif operator in LEAVES:
                yield (operator, argument), 0
            else:
                yield from walk(argument)
    elif isinstance(tree, tuple | list):
        for child in tree:
            yield from walk(child)


# Operations on one character, and the repetition of a group.
LEAVES = frozenset(
    {constants.LITERAL, constants.NOT_LITERAL, constants.IN, constants.ANY, constants.GROUPREF}
)
HOLDS_SPACE = frozenset(
    {constants.CATEGORY_SPACE, constants.CATEGORY_NOT_WORD, constants.CATEGORY_NOT_DIGIT}
)


def items(node: Node) -> tuple[bool, list[Node]]:
    """Return whether a class is negated, and what it names."""
    operator, argument = node
    if operator is constants.IN and isinstance(argument, list):
        negated = argument[0][0] is constants.NEGATE
        return negated, argument[1:] if negated else argument
    if operator is constants.NOT_LITERAL:
        return True, [(constants.LITERAL, argument)]
    return False, [node]


def bounds(node: Node) -> tuple[int, int] | None:
    """Return the first and last code point that a literal or a range names."""
    operator, argument = node
    if operator is constants.LITERAL and isinstance(argument, int):
        return argument, argument
    if operator is constants.RANGE and isinstance(argument, tuple):
        return argument
    return None


def visible(node: Node, caseless: bool) -> bool:
    """Say whether a class accepts the byte of every code point that it accepts."""
    negated, named = items(node)
    for low, high in filter(None, map(bounds, named)):
        if negated:
            hidden = {c for c in STOOD_FOR if low <= c <= high}
            if any(not caseless or not chr(c).isalpha() for c in hidden) or high > 127:
                return False
        elif high > 127 and (low < 128 or len(np.unique(table()[low : high + 1])) > 1):
            return False
    return True


def spaced(node: Node) -> bool:
    """Say whether a class may accept white space."""
    operator, _ = node
    if operator in {constants.ANY, constants.GROUPREF}:
        # A group that is repeated was looked at where it stands.
        return operator is constants.ANY
    negated, named = items(node)
    categories = {argument for operator, argument in named if operator is constants.CATEGORY}
    if negated:
        return not categories & HOLDS_SPACE
    if categories & HOLDS_SPACE:
        return True
    return any(
        chr(code).isspace()
        for low, high in filter(None, map(bounds, named))
        for code in range(low, min(high, 0x3000) + 1)
    )
