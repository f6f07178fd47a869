"""Rules on what a source says of a text beside it: licences, opt-outs; they drop, or let be.

A column is a fact that came with the text, nothing that was found in it: so a policy reads it by
itself, and no detector is made to decide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from gemsieve.filters.policy_error import PolicyError, nearest

KEYS = ("column", "is", "is_not", "missing", "when")
TRUE = frozenset({"true", "yes", "on", "t", "y", "1"})
FALSE = frozenset({"false", "no", "off", "f", "n", "0"})


def in_force(when: Mapping[str, Sequence[str]], columns: Mapping[str, str | None]) -> bool | None:
    """Say whether columns have the values (globs) that a rule asks for, None for an unknown one."""
    for name, globs in when.items():
        value = columns.get(name)
        if value is None:
            return None
        if not any(fnmatchcase(value, glob) for glob in globs):
            return False
    return True


@dataclass(frozen=True)
class ColumnRule:
    """Drops a text for what a column of its source says; of several values, one is enough.

    Attributes:
        values: Globs, or true or false; upper and lower case are the same.
        negated: Drops where the value is none of them, else where it is one.
        missing: Whether a value that is missing or cannot be read drops too.
        when: Columns and the values for which the rule holds (globs).
    """

    column: str
    values: tuple[str, ...] | bool
    negated: bool = False
    missing: bool = True
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The reason that it gives."""
        return f"column.{self.column}"

    def acts(self, columns: Mapping[str, str | None]) -> bool:
        """Say whether it drops a text with these columns."""
        if in_force(self.when, columns) is False:
            return False
        found = [self.among(value) for value in several(columns.get(self.column) or "")]
        return any(self.missing if one is None else one is not self.negated for one in found)

    def among(self, value: str) -> bool | None:
        """Say whether a value is one of the rule's, or None where that cannot be told."""
        if isinstance(self.values, bool):
            truth = True if value in TRUE else False if value in FALSE else None
            return None if truth is None else truth is self.values
        return any(fnmatchcase(value, glob) for glob in self.values) if value else None


def several(text: str) -> list[str]:
    """Return a column's values, in small letters: one, or those of a list of strings in JSON."""
    values: object = [text]
    if text.startswith("["):
        with suppress(ValueError, RecursionError):
            values = json.loads(text)
    named = values if isinstance(values, list) and values else [text]
    return [str(value).strip().casefold() for value in named]


def read_by(rules: Sequence[ColumnRule]) -> frozenset[str]:
    """Return the columns that rules look at."""
    return frozenset(name for rule in rules for name in (rule.column, *rule.when))


def column_rules(tables: object, file: str) -> tuple[ColumnRule, ...]:
    """Read the `[[columns]]` of a policy.

    Raises:
        PolicyError: A rule is wrong; names its place and key.
    """
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise PolicyError(f"{file}: columns: must be an array of tables, as in [[columns]]")
    return tuple(
        column_rule(table, f"{file}: columns[{number}]") for number, table in enumerate(tables, 1)
    )


def column_rule(table: Mapping[str, Any], place: str) -> ColumnRule:
    """Read one rule, or raise PolicyError."""
    for key in table:
        if key not in KEYS:
            raise PolicyError(f"{place}.{key}: unknown key{nearest(key, KEYS)}")
    column, given = table.get("column"), [key for key in ("is", "is_not") if key in table]
    if not isinstance(column, str) or not column:
        raise PolicyError(f'{place}.column: missing; name one, as in column = "license"')
    if len(given) != 1:
        raise PolicyError(f"{place}: needs is or is_not, one of them: the values that drop a text")
    missing = table.get("missing", "drop")
    if missing not in {"drop", "keep"}:
        raise PolicyError(f'{place}.missing: must be "drop", which it is by default, or "keep"')
    when = table.get("when", {})
    if not isinstance(when, dict):
        raise PolicyError(f'{place}.when: must be a table, as in when = {{ source = "web" }}')
    return ColumnRule(
        column=column,
        values=valid(table[given[0]], f"{place}.{given[0]}"),
        negated=given == ["is_not"],
        missing=missing == "drop",
        when={name: words(value, f"{place}.when.{name}") for name, value in when.items()},
    )


def valid(value: object, place: str) -> tuple[str, ...] | bool:
    """Return the values of a rule."""
    if isinstance(value, bool):
        return value
    return tuple(word.strip().casefold() for word in words(value, place))


def words(value: object, place: str) -> tuple[str, ...]:
    """Return a string, a whole number or an array of them as strings."""
    values = value if isinstance(value, list) else [value]
    if not values or not all(type(one) is int or (isinstance(one, str) and one) for one in values):
        raise PolicyError(f"{place}: must be a string, a whole number or an array of them")
    return tuple(str(one) for one in values)
