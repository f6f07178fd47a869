"""When a job's slices were sieved: derive weights from their counts, have each slice weighed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from gemsieve.filters.mitigation import Weighting
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.mitigate.weights import Groups, Plan, Weighed, read_weighed, targeted
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.receipt import read_receipt
from gemsieve.pipeline.storage import size_at
from gemsieve.pipeline.tally import Tally, total


def weigh_all(
    job: Job,
    rule: Weighting,
    digest: str,
    slices: Sequence[Slice],
    run: Callable[[Plan, Sequence[Slice]], None],
) -> None:
    """Have those slices weighed that are not yet.

    Args:
        job: The job, whose slices were sieved.
        rule: What its policy asks for.
        digest: The job's digest, which its receipts bear.
        slices: Its plan.
        run: Weighs slices by a plan.
    """
    receipts = [read_receipt(job.receipts, piece.number, digest) for piece in slices]
    tally = total(receipt.tally for receipt in receipts if receipt is not None)
    plan = plan_weights(rule, tally, digest, len(slices))
    if left := [piece for piece in slices if noted(job, plan, piece) is None]:
        run(plan, left)


def noted(job: Job, plan: Plan, piece: Slice) -> Weighed | None:
    """Return what a slice's records count for, or None where that has to be found out (again)."""
    found = read_weighed(job.weighed, piece.number, plan.digest)
    if found is None or found.shard is None:
        return found
    path = job.folder / found.shard.path
    return found if size_at(path) == found.shard.bytes else None


def plan_weights(rule: Weighting, tally: Tally, digest: str, pieces: int) -> Plan:
    """Return what records count for by the counts of all slices."""
    from gemsieve.pipeline.mitigate.raking import fit

    table = by_groups(rule, tally)
    return Plan(rule, digest, pieces, fit(table, axes_of(rule, table), rule.cap).weights)


def axes_of(rule: Weighting, table: Mapping[Groups, int]) -> list[dict[str, float]]:
    """Return what shares each target aims at, among kept records that mention these groups."""
    mentioned = {label for groups in table for label in groups}
    return [target.shares(mentioned) for target in rule.targets]


def by_groups(rule: Weighting, tally: Tally, moment: str = "after") -> Counter[Groups]:
    """Return kept records by the targeted groups that they mention, before or after swaps."""
    table: Counter[Groups] = Counter()
    for (when, *groups), n in tally.groups.items():
        if when == moment:
            table[targeted(rule, groups)] += n
    return table
