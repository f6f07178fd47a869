"""Weights for sets of groups that bring each group to a stated share.

Iterative proportional fitting (Deming & Stephan 1940, Annals of Mathematical Statistics 11:427)
over axes. A record that mentions several groups of an axis counts for each in equal parts, and is
scaled by the geometric mean of their factors: generalised iterative scaling (Darroch & Ratcliff
1972, Annals of Mathematical Statistics 43:1470), which is the former where no record does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Groups = tuple[str, ...]  # the labels that a record mentions, sorted
Shares = Mapping[str, float]
Array = npt.NDArray[np.float64]

ROUNDS = 1000
NEAR = 1e-7  # of all records: what a group may miss when fitting ends
STILL = 1e-9  # of a weight: what moves less in a round has come as near as the cap lets it
DECIMALS = 6  # of a weight: so that no library's last bit can change a byte


@dataclass(frozen=True)
class Fit:
    """The weights of every set of groups, and what they come to.

    Attributes:
        weights: By set; a set without any group of an axis has weight 1.
        reached: By axis and label, the share that the weighted records have.
        rounds: How often the axes were gone through.
    """

    weights: Mapping[Groups, float]
    reached: Sequence[Shares]
    rounds: int


def fit(table: Mapping[Groups, int], axes: Sequence[Shares], cap: float) -> Fit:
    """Weigh sets of groups so that each axis has its shares, as nearly as weights allow.

    The weights of all records add up to their number. What no record mentions cannot be reached;
    the others' shares then keep their proportions.

    Args:
        table: Records by set; sets without any group may be among them.
        axes: By axis, the share of each label; each axis adds up to 1.
        cap: Weights are between one in this and this.
    """
    targeted = frozenset(label for axis in axes for label in axis)
    told = [groups for groups in sorted(table) if table[groups] and targeted.intersection(groups)]
    if not told:
        return Fit(dict.fromkeys(table, 1.0), [shares({}, axis) for axis in axes], 0)
    records = np.array([table[groups] for groups in told], float)
    margins = [margin(told, records, axis) for axis in axes]
    weights, rounds, moved = np.ones(len(told)), 0, math.inf
    while (
        rounds < ROUNDS
        and moved > STILL
        and any(one.missed(records * weights) > NEAR for one in margins)
    ):
        before = weights
        for one in margins:
            weights = weights * one.factors(records * weights)
        weights = weights.clip(1 / cap, cap)
        moved = float(np.abs(weights / before - 1).max())
        rounds += 1
    weights = levelled(records, weights, cap).round(DECIMALS)
    rest = dict.fromkeys(set(table) - set(told), 1.0)
    by_set = dict(zip(told, weights.tolist(), strict=True)) | rest
    mass = {groups: n * by_set[groups] for groups, n in table.items()}
    return Fit(by_set, [shares(mass, axis) for axis in axes], rounds)


@dataclass(frozen=True)
class Margin:
    """One axis over the sets: which part of a set's records counts for which group.

    Attributes:
        sets, groups, parts: An entry for each set and each of its groups, or for the set and the
            last group, which stands for none of the axis.
        goals: Records that each group should count for.
    """

    sets: npt.NDArray[np.intp]
    groups: npt.NDArray[np.intp]
    parts: Array
    goals: Array

    def counts(self, mass: Array) -> Array:
        """Return the weighted records that each group counts for."""
        parts: Array = mass[self.sets] * self.parts
        return np.bincount(self.groups, parts, len(self.goals)).astype(float)

    def factors(self, mass: Array) -> Array:
        """Return what each set's weight is to be multiplied by."""
        counts = self.counts(mass)
        present = counts > 0
        logs = np.log(self.goals, out=np.zeros_like(counts), where=present)
        logs -= np.log(counts, out=np.zeros_like(counts), where=present)
        return np.exp(np.bincount(self.sets, logs[self.groups] * self.parts, len(mass)))

    def missed(self, mass: Array) -> float:
        """Return by how much of all records the farthest group misses its goal."""
        return float(np.abs(self.counts(mass) - self.goals).max() / self.goals.sum())


def margin(told: Sequence[Groups], records: Array, axis: Shares) -> Margin:
    """Return one axis over sets of groups, each of which mentions some group of some axis."""
    labels = sorted({label for groups in told for label in groups if label in axis})
    place = {label: i for i, label in enumerate(labels)}
    entries = []
    for i, groups in enumerate(told):
        mine = [place[label] for label in groups if label in place] or [len(labels)]
        entries += [(i, label, 1 / len(mine)) for label in mine]
    sets, members, parts = (np.array(column) for column in zip(*entries, strict=True))
    outside = records[sets[members == len(labels)]].sum()
    wanted = np.array([axis[label] for label in labels])
    inside = (records.sum() - outside) * wanted / wanted.sum()
    return Margin(sets, members, parts, np.append(inside, outside))


def levelled(records: Array, weights: Array, cap: float) -> Array:
    """Return the weights times one number, within the cap, so that they add up to the records.

    The sum grows with that number, from less than the records to more: halving finds it.
    """
    low, high = 1 / cap / float(weights.max()), cap / float(weights.min())
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        short = (records * (weights * middle).clip(1 / cap, cap)).sum() < records.sum()
        low, high = (middle, high) if short else (low, middle)
    level: Array = (weights * (low + high) / 2).clip(1 / cap, cap)
    return level


def shares(mass: Mapping[Groups, float], axis: Iterable[str]) -> dict[str, float]:
    """Return each label's share of the records that mention any of an axis; 0 of none.

    Args:
        mass: Records, or what they count for, by set.
        axis: The labels.
    """
    sums = dict.fromkeys(sorted(axis), 0.0)
    for groups, n in sorted(mass.items()):
        mine = [label for label in groups if label in sums]
        for label in mine:
            sums[label] += n / len(mine)
    whole = sum(sums.values())
    return {label: n / whole if whole else 0.0 for label, n in sums.items()}


def effective(table: Mapping[float, int]) -> float:
    """Return the effective size of a sample, (Σw)² / Σw² (Kish 1965, Survey Sampling).

    Args:
        table: Records by weight.
    """
    squares = sum(n * weight * weight for weight, n in table.items())
    total = sum(n * weight for weight, n in table.items())
    return total * total / squares if squares else 0.0
