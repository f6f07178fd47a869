"""One setting of a job: flag, key in a file, check and schema, all from one line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Kind:
    """What values an option takes.

    Attributes:
        words: In an error, after "must be".
        schema: In JSON Schema.
        fits: Whether a value, read from TOML or a flag, is one.
        parse: What a flag's words become.
    """

    words: str
    schema: Mapping[str, Any]
    fits: Callable[[object], bool]
    parse: Callable[[str], Any] = str


def strings(value: object) -> bool:
    """Say whether a value is an array of strings."""
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)


def patterns(value: object) -> bool:
    """Say whether a value is a string, strings, or a table of names with either."""
    named = value.values() if isinstance(value, dict) else [value]
    return all(isinstance(one, str) or strings(one) for one in named)


def split(text: str) -> tuple[str, ...]:
    """Return the words of `A,B`."""
    return tuple(filter(None, text.split(",")))


def choice(*words: str) -> Kind:
    """Return the kind of an option that is one of these words."""
    return Kind(f"one of {', '.join(words)}", {"enum": list(words)}, words.__contains__)


ARRAY = {"type": "array", "items": {"type": "string"}}
SOME = [{"type": "string"}, ARRAY]
NAMED = {"type": "object", "additionalProperties": {"anyOf": SOME}}

TEXT = Kind("a string", {"type": "string"}, lambda value: isinstance(value, str))
WORDS = Kind("an array of strings", ARRAY, strings, split)
WHOLE = Kind("a whole number", {"type": "integer"}, lambda value: type(value) is int, int)
NUMBER = Kind("a number", {"type": "number"}, lambda value: type(value) in {int, float}, float)
SWITCH = Kind("true or false", {"type": "boolean"}, lambda value: isinstance(value, bool))
TABLE = Kind("a table", {"type": "object"}, lambda value: isinstance(value, dict))
PATTERNS = Kind(
    "a pattern, an array of patterns, or a table of names with patterns",
    {"anyOf": [*SOME, NAMED]},
    patterns,
)


@dataclass(frozen=True)
class Option:
    """One setting.

    Attributes:
        key: `table.name` in a file; the name is that of the job's attribute, where it has one.
        help: What it means, a phrase.
        default: None for an option without a value until one is given.
        metavar: Stands for the value in the command's help.
        flag: Its flag; else made of the name. A table has none.
        least: The smallest valid number.
    """

    key: str
    help: str
    kind: Kind = field(default=TEXT)
    default: Any = None
    metavar: str | None = None
    flag: str = ""
    least: float | None = None

    @property
    def table(self) -> str:
        """The table that the key is of."""
        return self.key.split(".")[0]

    @property
    def name(self) -> str:
        """The key without its table."""
        return self.key.split(".")[1]

    @property
    def flags(self) -> tuple[str, ...]:
        """The flag that sets it, and for a switch the one that sets it back."""
        if self.kind is TABLE:
            return ()
        flag = self.flag or f"--{self.name.replace('_', '-')}"
        return (flag, f"--no-{flag[2:]}") if self.kind is SWITCH else (flag,)

    def fault(self, value: object) -> str | None:
        """Return what is wrong with a value from a file or a flag, or None."""
        if not self.kind.fits(value):
            return f"must be {self.kind.words}"
        if self.least is not None and isinstance(value, int | float) and not value >= self.least:
            return f"must be at least {self.least:g}"
        return None

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of its values."""
        body = {"description": self.help, **self.kind.schema}
        body |= {} if self.least is None else {"minimum": self.least}
        return body if self.default is None else body | {"default": self.default}

    def add(self, parser: argparse.ArgumentParser) -> None:
        """Declare the flag; where it is not given it is None, whatever the default."""
        if not self.flags:
            return
        shown = "" if self.default in {None, "", False, ()} else f" (default {self.default})"
        more: dict[str, Any] = {"help": self.help + shown, "dest": self.key, "default": None}
        if self.kind is SWITCH:
            more["action"] = argparse.BooleanOptionalAction
        else:
            more |= {"metavar": self.metavar, "type": self.kind.parse}
        if self.kind is PATTERNS:
            more |= {"action": "extend", "nargs": "+"}
        parser.add_argument(self.flags[0], **more)
