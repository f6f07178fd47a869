"""Read from a policy what writes over findings, and where its key is; mistakes are named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from gemsieve.filters.operators.key import HEX, KeySource
from gemsieve.filters.operators.keyed import Encrypt, Hash
from gemsieve.filters.operators.operator import Operator, entity
from gemsieve.filters.operators.plain import REDACT, Mask, Replace
from gemsieve.filters.policy import Action
from gemsieve.filters.policy_error import PolicyError, nearest

# What an action of a rule is to the policy, and the parameters of those that have any.
ACTIONS = {action.name.lower(): action for action in Action} | {"flag": Action.KEEP}
ACTIONS |= dict.fromkeys(("replace", "mask", "hash", "surrogate", "encrypt"), Action.REDACT)
TAKES = {"replace": ("new_value",), "mask": ("masking_char", "chars_to_mask", "from_end")}
PARAMETERS = tuple(key for keys in TAKES.values() for key in keys)
KEY_PLACES = ("env", "file")

# What `gemsieve decrypt` finds again in any text.
PLAIN_NAME = re.compile("[A-Z0-9_]{1,128}")


def operator(table: Mapping[str, Any], place: str, scope: Sequence[str]) -> Operator:
    """Return the operator of a rule's action.

    Args:
        table: The rule; its action is a known one.
        place: The rule's name in errors.
        scope: The labels that it is about.

    Raises:
        PolicyError: A parameter is wrong or of another action, or a label cannot have this one.
    """
    name = str(table["action"])
    for key in PARAMETERS:
        if key in table and key not in TAKES.get(name, ()):
            owner = next(action for action, keys in TAKES.items() if key in keys)
            raise PolicyError(f'{place}.{key}: belongs to action = "{owner}", not to {name!r}')
    match name:
        case "replace":
            return replacing(table, place)
        case "mask":
            return masking(table, place)
        case "hash":
            return Hash()
        case "encrypt":
            return encrypting(place, scope)
        case "surrogate":
            return standing_in(place, scope)
    return REDACT


def replacing(table: Mapping[str, Any], place: str) -> Replace:
    """Return the operator that writes one text; an empty one would join what stands around."""
    value = table.get("new_value")
    if not isinstance(value, str) or not value:
        raise PolicyError(
            f"{place}.new_value: must be a string that is not empty, as in"
            ' new_value = "[removed]"; action = "redact" writes placeholders'
        )
    return Replace(value)


def masking(table: Mapping[str, Any], place: str) -> Mask:
    """Return the operator that masks characters: all of them, unless it is told how many."""
    sign = table.get("masking_char", "*")
    if not isinstance(sign, str) or len(sign) != 1:
        raise PolicyError(f'{place}.masking_char: must be one character, as in masking_char = "*"')
    count = table.get("chars_to_mask")
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise PolicyError(f"{place}.chars_to_mask: {count!r} is no whole number above 0")
    end = table.get("from_end", False)
    if not isinstance(end, bool):
        raise PolicyError(f"{place}.from_end: {end!r} is neither true nor false")
    return Mask(sign, count, end)


def encrypting(place: str, scope: Sequence[str]) -> Encrypt:
    """Return the operator that encrypts, where what it writes can be found again."""
    for label in scope:
        if not PLAIN_NAME.fullmatch(entity(label)):
            raise PolicyError(
                f"{place}.action: 'encrypt' needs labels of letters, digits and _, not {label!r}"
            )
    return Encrypt()


def standing_in(place: str, scope: Sequence[str]) -> Operator:
    """Return the operator that writes stand-ins, for labels that have any."""
    # Their checks are the detectors' neighbours, and detectors read policies.
    from gemsieve.filters.operators.surrogate import SURROGATES, Surrogate

    for label in scope:
        if entity(label) not in SURROGATES:
            raise PolicyError(
                f"{place}.action: there are no surrogates for {label!r};"
                f" there are for {', '.join(sorted(SURROGATES))}"
            )
    return Surrogate()


def key_source(table: object, file: str) -> KeySource | None:
    """Return where a policy says that its key is; None where it says nothing.

    Args:
        table: The policy's `key`.
        file: The policy's name in errors.

    Raises:
        PolicyError: The table is wrong, or holds what looks like a key.
    """
    if table is None:
        return None
    example = 'env = "GEMSIEVE_KEY" or file = "PATH"; a key itself never stands in a policy'
    if not isinstance(table, dict):
        raise PolicyError(f"{file}: key: must be a table, [key], with {example}")
    for key in table:
        if key not in KEY_PLACES:
            raise PolicyError(f"{file}: key.{key}: unknown key{nearest(key, KEY_PLACES)}")
    if len(table) != 1:
        raise PolicyError(f"{file}: key: needs one of {example}")
    ((key, value),) = table.items()
    named = isinstance(value, str) and bool(value) and not HEX.fullmatch(value)
    if not named or (key == "env" and not value.isidentifier()):
        raise PolicyError(f"{file}: key.{key}: must name a place, as in {example}")
    return KeySource(place=f"{file}: key.", **{key: value})
