"""`--dry-run` of `gemsieve filter` and `decide`: what a job would do, told and not done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gemsieve.pipeline.run import Ready


def tell(ready: Ready, *, verbose: bool) -> int:
    """Print what a job would do and return the exit status."""
    for line in told(ready, verbose=verbose):
        print(line)
    return 0


def told(ready: Ready, *, verbose: bool) -> Iterator[str]:
    """Yield a line a record where that is asked for, then the counts, then each reason's."""
    from gemsieve.pipeline.dry_run import dry_run

    reasons: Counter[tuple[str, str]] = Counter()
    actions: Counter[str] = Counter()
    for one in dry_run(ready):
        actions[one.action] += 1
        reasons.update((one.action, reason) for reason in one.reasons)
        if verbose:
            yield "\t".join((one.id, one.action, ",".join(one.reasons))).rstrip("\t")
    kept = actions["keep"] + actions["redact"]
    yield (
        f"{actions.total():,} records in = {kept:,} kept ({actions['redact']:,} of them redacted)"
        f" + {actions['drop']:,} dropped + {actions['quarantine']:,} quarantined"
    )
    for (action, reason), n in sorted(reasons.items(), key=lambda item: (item[0][0], -item[1])):
        yield f"{n:>12,}  {action:<10}  {reason}"
    yield "dry run: nothing was written"
