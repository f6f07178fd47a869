"""Read a policy from TOML; every mistake is named with its key, and with the nearest valid word."""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gemsieve.filters import remedy
from gemsieve.filters.detector import Detector
from gemsieve.filters.limits import policy as limits
from gemsieve.filters.policy import USES, Action, Owed, Rule, Ruleset, Use
from gemsieve.filters.policy_column import column_rules
from gemsieve.filters.policy_error import PolicyError, nearest
from gemsieve.filters.policy_operator import ACTIONS, PARAMETERS, operator

__all__ = [
    "KEYS",
    "PolicyError",
    "RuleReader",
    "digest",
    "dropped_text",
    "nearest",
    "read",
    "resolved",
    "ruleset",
]

CONDITIONS = ("above", "below", "outside")
KEYS = ("labels", "except", "action", *PARAMETERS, *CONDITIONS, *limits.KEYS)
KEYS += ("any_of", "count_above", "share_above", "when", *remedy.KEYS)
TOP = ("name", "key", "audit", "columns", "detectors", "dropped", "leak_check", "mitigate", *USES)


def read(text: str, file: str) -> dict[str, Any]:
    """Parse the TOML and check its top level.

    Raises:
        PolicyError: Not TOML, an unknown table, or a missing name.
    """
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{file}: not TOML: {error}") from None
    for key in body:
        if key not in TOP:
            raise PolicyError(f"{file}: {key}: unknown key{nearest(key, TOP)}")
    if not isinstance(body.get("name"), str):
        raise PolicyError(f'{file}: name: missing; give the policy one, as in name = "default"')
    options = body.get("detectors", {})
    if not isinstance(options, dict) or not all(isinstance(v, dict) for v in options.values()):
        raise PolicyError(f"{file}: detectors: must hold tables, as in [detectors.pii]")
    return body


def dropped_text(body: Mapping[str, Any], file: str) -> bool:
    """Return whether the texts of dropped records are written, as `[dropped]` says.

    Raises:
        PolicyError: A key or a value is wrong.
    """
    table = body.get("dropped", {})
    if not isinstance(table, dict):
        raise PolicyError(f"{file}: dropped: must be a table, as in [dropped]")
    for key in table:
        if key != "text":
            raise PolicyError(f"{file}: dropped.{key}: unknown key{nearest(key, ['text'])}")
    value = table.get("text", False)
    if not isinstance(value, bool):
        raise PolicyError(f"{file}: dropped.text: {value!r} is neither true nor false")
    return value


def digest(body: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of what a policy says, whatever its layout or comments."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def resolved(rulesets: Mapping[Use, Ruleset]) -> dict[str, Any]:
    """Return what the digest holds beside a policy's text: the limits that targets were set to.

    They change with a detector's weights, and one digest must not stand for two sets of limits.
    """
    limits = {use: [r.above for r in rules.rules if r.target] for use, rules in rulesets.items()}
    return {"limits": limits} if any(limits.values()) else {}


def ruleset(
    body: Mapping[str, Any], use: Use, file: str, detectors: Sequence[Detector]
) -> tuple[Ruleset, tuple[Detector, ...]]:
    """Build the rules of one use and pick the detectors that they name.

    Raises:
        PolicyError: A rule is wrong, or a label that a needed detector may emit has none.
    """
    tables = body.get(use, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise PolicyError(f"{file}: {use}: must be an array of tables, as in [[{use}]]")
    known = Known(
        {label: r for d in detectors for label, r in d.labels.ranges().items()},
        frozenset(label for d in detectors for group in d.labels.owed() for label in group),
        limits.counted(detectors),
    )
    rules = tuple(
        RuleReader(table, f"{file}: {use}[{number}]", use, known).rule()
        for number, table in enumerate(tables, 1)
    )
    for number, rule in enumerate(rules, 1):
        if rule.operator.keyed and "key" not in body:
            raise PolicyError(
                f"{file}: {use}[{number}].action: {rule.operator.name!r} needs a key; say where it"
                ' is in a table [key], as in env = "GEMSIEVE_KEY"'
            )
    found = Ruleset(rules)
    needed = tuple(d for d in detectors if any(found.about(label) for label in d.labels.ranges()))
    for detector in needed:
        for label in detector.labels.ranges():
            if not found.about(label):
                raise PolicyError(
                    f"{file}: {use}: no rule names {label!r}, which detector {detector.name!r} may"
                    f' find; add one, with action = "keep" to let it pass'
                )
    columns = column_rules(body.get("columns", []), file) if use == "corpus" else ()
    debts = tuple(Owed(d.name, group) for d in needed for group in d.labels.owed())
    return Ruleset(rules, debts, columns), needed


@dataclass(frozen=True)
class Known:
    """What rules may speak of: labels with their ranges, those that are owed, those with counts."""

    ranges: Mapping[str, tuple[float, float]]
    owed: frozenset[str]
    counted: limits.Counted


class RuleReader:
    """Checks one table of a policy and builds its rule."""

    def __init__(self, table: Mapping[str, Any], place: str, use: Use, known: Known) -> None:
        self.table, self.place, self.use, self.known = table, place, use, known

    def rule(self) -> Rule:
        """Return the rule, or raise PolicyError."""
        for key in self.table:
            if key not in KEYS:
                raise self.error(key, f"unknown key{nearest(key, KEYS)}")
        labels = self.words("labels")
        if not labels:
            raise self.error("labels", 'missing; name some, as in labels = "pii.*"')
        excepted = self.words("except")
        spared = self.expand("except", excepted)
        scope = [label for label in self.expand("labels", labels) if label not in spared]
        if not scope:
            raise self.error("except", "leaves none of the labels")
        action = self.action()
        any_of = self.words("any_of")
        self.expand("any_of", any_of)
        given = [key for key in CONDITIONS if key in self.table]
        if len(given) > 1:
            raise self.error(given[1], f"cannot stand beside {given[0]!r}; write two rules")
        if any_of and (given != ["below"] or any(label not in self.known.owed for label in any_of)):
            raise self.error(
                "any_of", 'needs below = LIMIT and labels that are owed, such as "language.en"'
            )
        if given and given[0] != "above" and any(label not in self.known.owed for label in scope):
            raise self.error(given[0], "is for labels that every text has; events may be absent")
        target = limits.target(self.table, self.place, scope, self.known.counted)
        return Rule(
            labels=labels,
            action=action,
            above=target.above if target else self.limit("above", scope),
            below=self.limit("below", scope),
            outside=self.outside(scope),
            any_of=any_of,
            count_above=self.count(),
            share_above=self.share(),
            when=self.when(),
            excepted=excepted,
            operator=operator(self.table, self.place, scope),
            target=target,
            flag=self.flag(),
            remedy=remedy.remedy(self.table, self.place, self.use),
        )

    def error(self, key: str, text: str) -> PolicyError:
        """Return an error that names the place and the key."""
        return PolicyError(f"{self.place}.{key}: {text}")

    def words(self, key: str) -> tuple[str, ...]:
        """Return a string or an array of strings as a tuple."""
        value = self.table.get(key, [])
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
            raise self.error(key, "must be a string or an array of strings")
        return tuple(values)

    def expand(self, key: str, globs: tuple[str, ...]) -> list[str]:
        """Return the known labels that the globs name; each must name one."""
        named: list[str] = []
        for glob in globs:
            rule = Rule((glob,), Action.KEEP)
            matched = [label for label in self.known.ranges if rule.names(label)]
            if not matched:
                raise self.error(
                    key, f"no detector has a label {glob!r}{nearest(glob, self.known.ranges)}"
                )
            named += matched
        return named

    def action(self) -> Action:
        """Return the action."""
        value = self.table.get("action")
        if not isinstance(value, str) or value not in ACTIONS:
            raise self.error("action", f"{value!r} is no action{nearest(str(value), ACTIONS)}")
        return ACTIONS[value]

    def flag(self) -> bool:
        """Return whether the rule tells of what it acts on, and decides nothing."""
        flag = bool(self.table["action"] == "flag")
        if flag and self.use == "corpus":
            raise self.error("action", "'flag' is for prompts and outputs; a corpus counts all")
        return flag

    def number(self, key: str, value: object) -> float:
        """Return a finite number."""
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            raise self.error(key, f"{value!r} is no number")
        return float(value)

    def within(self, key: str, value: object, scope: Sequence[str]) -> float:
        """Return a limit that lies in the range of every label it is for."""
        limit = self.number(key, value)
        for label in scope:
            low, high = self.known.ranges[label]
            if not low <= limit <= high:
                raise self.error(key, f"{limit:g} is outside {low:g}..{high:g} of {label!r}")
        return limit

    def limit(self, key: str, scope: Sequence[str]) -> float | None:
        """Return an optional limit."""
        return self.within(key, self.table[key], scope) if key in self.table else None

    def outside(self, scope: Sequence[str]) -> tuple[float, float] | None:
        """Return the optional pair of limits."""
        pair = self.table.get("outside")
        if pair is None:
            return None
        if not isinstance(pair, list) or len(pair) != 2:
            raise self.error("outside", "must be [low, high]")
        low, high = (self.within("outside", value, scope) for value in pair)
        if low > high:
            raise self.error("outside", f"low {low:g} is above high {high:g}")
        return low, high

    def count(self) -> int | None:
        """Return the optional number of findings."""
        value = self.table.get("count_above")
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise self.error("count_above", f"{value!r} is no whole number")
        if value is not None and value < 0:
            raise self.error("count_above", f"{value} is below 0")
        return value

    def share(self) -> float | None:
        """Return the optional share of characters, in 0..1."""
        if "share_above" not in self.table:
            return None
        value = self.number("share_above", self.table["share_above"])
        if not 0 <= value <= 1:
            raise self.error("share_above", f"{value:g} is outside 0..1")
        return value

    def when(self) -> dict[str, tuple[str, ...]]:
        """Return the columns and the values for which the rule holds."""
        table = self.table.get("when", {})
        if not isinstance(table, dict):
            raise self.error("when", 'must be a table, as in when = { language = "en" }')
        place = f"{self.place}.when"
        reader = RuleReader(table, place, self.use, self.known)
        return {column: reader.words(column) for column in table}
