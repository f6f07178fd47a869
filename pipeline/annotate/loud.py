"""Decide by stored findings, most of them unseen: numpy picks those that may cause anything.

A finding is quiet when it is sound, some rule names it in every case, and no rule that removes or
redacts acts on its score: without it a decision is the same. What is loud goes to the policy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gemsieve.filters import Action, Batch, Filter, Finding
from gemsieve.filters.policy import Decision, Ruleset

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEPT = Decision(Action.KEEP)


@dataclass(frozen=True)
class Table:
    """The findings of some rows, as arrays; one of each an entry, but for `words` and `lengths`.

    Attributes:
        words: The labels that `codes` stand for.
        codes, scores, starts, ends: Of each finding; -1 and -1 for the whole text.
        rows: Which row it is of.
        lengths: Characters of each row's text.
    """

    words: list[str]
    codes: NDArray[np.int32]
    scores: NDArray[np.float64]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    whole: NDArray[np.bool_]
    rows: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @cached_property
    def sound(self) -> NDArray[np.bool_]:
        """Whether each finding says something usable, as `policy.invalid` has it."""
        reach = self.lengths[self.rows]
        inside = (self.starts >= 0) & (self.starts < self.ends) & (self.ends <= reach)
        return np.isfinite(self.scores) & (self.whole | inside)

    def finding(self, i: int) -> Finding:
        """Return one finding."""
        span = None if self.whole[i] else (int(self.starts[i]), int(self.ends[i]))
        return Finding(self.words[self.codes[i]], float(self.scores[i]), span)


def table_of(lists: pa.ListArray, texts: pa.StringArray) -> Table:
    """Return the findings of a column, which may be a part of a longer one."""
    flat = lists.flatten()
    labels, starts = flat.field("label").dictionary_encode(), flat.field("start")
    counts = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
    return Table(
        words=labels.dictionary.to_pylist(),
        codes=labels.indices.to_numpy(zero_copy_only=False),
        scores=flat.field("score").to_numpy(zero_copy_only=False),
        starts=starts.fill_null(-1).to_numpy(zero_copy_only=False),
        ends=flat.field("end").fill_null(-1).to_numpy(zero_copy_only=False),
        whole=starts.is_null().to_numpy(zero_copy_only=False),
        rows=np.repeat(np.arange(len(counts)), counts),
        lengths=pc.utf8_length(texts).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64),
    )


@dataclass(frozen=True)
class Quiet:
    """Between which scores a label causes nothing, both included; nowhere where low > high."""

    low: float = -np.inf
    high: float = np.inf


NEVER = Quiet(np.inf, -np.inf)


def quiet(rules: Ruleset, label: str) -> Quiet:
    """Return between which scores a sound finding of a label causes nothing, whatever its row."""
    named = [rules.rules[i] for i in rules.about(label)]
    if all(rule.when for rule in named):
        return NEVER  # in some row no rule may name it
    low, high = -np.inf, np.inf
    for rule in named:
        if rule.action is Action.KEEP:
            continue
        if rule.any_of or all(x is None for x in (rule.above, rule.below, rule.outside)):
            return NEVER
        if rule.above is not None:
            high = min(high, rule.above)
        if rule.below is not None:
            low = max(low, rule.below)
        if rule.outside is not None:
            low, high = max(low, rule.outside[0]), min(high, rule.outside[1])
    return Quiet(low, high)


@dataclass
class Decider:
    """One policy's decisions over tables.

    Attributes:
        without: Labels that its detectors would not have found.
    """

    judge: Filter
    without: frozenset[str]
    _quiet: dict[str, Quiet] = field(default_factory=dict)

    @cached_property
    def rules(self) -> Ruleset:
        """The rules of the corpus."""
        return self.judge.policy.ruleset("corpus")

    @cached_property
    def chosen(self) -> frozenset[str]:
        """The labels that fill a column which some rule looks at: all of them are needed."""
        detectors = self.judge.detectors["corpus"]
        filling = (d for d in detectors if d.labels.column() in self.rules.reads)
        return frozenset(label for d in filling for label in d.labels.choices)

    def decide(self, table: Table, batch: Batch) -> list[Decision]:
        """Return each row's decision, before anything is rewritten."""
        mine = self._mine(table)
        lacking = self._lacking(table, mine)
        loud = mine & (self._loud(table) | lacking[table.rows])
        heard = np.zeros(len(lacking), bool)
        heard[table.rows[loud]] = True
        if self.rules.columns:
            heard[:] = True
        decisions = [KEPT] * len(lacking)
        places = np.flatnonzero(loud)
        bounds = np.searchsorted(table.rows[places], np.arange(len(lacking) + 1))
        for owed, rows in ((False, heard & ~lacking), (True, lacking)):
            wanted = np.flatnonzero(rows).tolist()
            found = [
                [table.finding(i) for i in places[bounds[row] : bounds[row + 1]].tolist()]
                for row in wanted
            ]
            looks = self.judge.first_look(batch.take(wanted), found, "corpus", owed=owed)
            for row, decision in zip(wanted, looks, strict=True):
                decisions[row] = decision
        return decisions

    def _mine(self, table: Table) -> NDArray[np.bool_]:
        """Return which findings the policy's detectors would have had."""
        return np.array([word not in self.without for word in table.words], bool)[table.codes]

    def _loud(self, table: Table) -> NDArray[np.bool_]:
        """Return which findings may cause something."""
        for word in table.words:
            if word not in self._quiet:
                never = word in self.chosen
                self._quiet[word] = NEVER if never else quiet(self.rules, word)
        lows = np.array([self._quiet[word].low for word in table.words])[table.codes]
        highs = np.array([self._quiet[word].high for word in table.words])[table.codes]
        return ~(table.sound & (lows <= table.scores) & (table.scores <= highs))

    def _lacking(self, table: Table, mine: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which rows lack something that is owed, or hold an error, which excuses it."""
        owed = self.rules.owed
        group = {label: i for i, one in enumerate(owed) for label in one.labels}
        numbers = np.array([group.get(word, len(owed)) for word in table.words], np.int64)
        seen = np.zeros((len(table.lengths), len(owed) + 1), bool)
        seen[table.rows[mine], numbers[table.codes[mine]]] = True
        whole: NDArray[np.bool_] = np.all(seen[:, : len(owed)], axis=1)
        return ~whole
