"""What becomes of an answer whose text is dropped: it ends, another is asked for, or a message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gemsieve.filters.policy_error import PolicyError, nearest

THEN = ("block", "replace", "regenerate")
KEYS = ("then", "message", "attempts")
MOST_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a guard does beside ending an answer; BLOCK is nothing.

    Attributes:
        attempts: How many more answers may be asked for, while nothing has been released.
        message: What stands for all that is withheld, once no attempt is left; "" for nothing.
    """

    attempts: int = 0
    message: str = ""


BLOCK = Remedy()


def strictest(remedies: Iterable[Remedy]) -> Remedy:
    """Return the one of the fewest attempts and, among those, rather one without a message."""
    return min(remedies, key=lambda remedy: (remedy.attempts, remedy.message), default=BLOCK)


def remedy(table: Mapping[str, Any], place: str, use: str) -> Remedy:
    """Return what a rule's `then`, `message` and `attempts` say.

    Args:
        table: The rule.
        place: Its name in errors.
        use: What it judges: `corpus`, `prompt` or `output`.

    Raises:
        PolicyError: One of them is wrong, or has no meaning in this rule.
    """
    given = [key for key in KEYS if key in table]
    if not given:
        return BLOCK
    if use == "corpus" or table["action"] != "drop":
        raise PolicyError(
            f'{place}.{given[0]}: is for action = "drop" of what is written for a person: in'
            " [[prompt]] and [[output]]"
        )
    then = table.get("then")
    if then not in THEN:
        raise PolicyError(f"{place}.then: {then!r} is none of {THEN}{nearest(str(then), THEN)}")
    if then == "regenerate" and use == "prompt":
        raise PolicyError(f"{place}.then: no other prompt can be asked for: block or replace it")
    return Remedy(attempts(table, place), message(table, place))


def attempts(table: Mapping[str, Any], place: str) -> int:
    """Return how many more answers may be asked for: 1 where `regenerate` does not say."""
    if table["then"] != "regenerate":
        if "attempts" in table:
            raise PolicyError(f'{place}.attempts: belongs to then = "regenerate"')
        return 0
    value = table.get("attempts", 1)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_ATTEMPTS:
        raise PolicyError(f"{place}.attempts: {value!r} is no whole number in 1..{MOST_ATTEMPTS}")
    return value


def message(table: Mapping[str, Any], place: str) -> str:
    """Return the message: `replace` needs one, `regenerate` may have one, `block` has none."""
    then, value = table["then"], table.get("message")
    if value is None and then != "replace":
        return ""
    if then == "block":
        raise PolicyError(f'{place}.message: belongs to then = "replace" or "regenerate"')
    if not isinstance(value, str) or not value:
        raise PolicyError(
            f"{place}.message: must be a string that is not empty, as in"
            ' message = "I cannot help with that."'
        )
    return value
