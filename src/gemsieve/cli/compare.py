"""`gemsieve compare`: show two finished runs side by side, and what surely differs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError

if TYPE_CHECKING:
    from gemsieve.pipeline.compare.compare import Compared
    from gemsieve.pipeline.compare.shares import Line

SHOWN = 5  # lines of one kind


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("first", metavar="RUN_A", help="the folder of a finished filter job")
    parser.add_argument("second", metavar="RUN_B", help="that of another")
    parser.add_argument("--html", metavar="FILE", help="write a page with all of it")
    parser.add_argument("--json", metavar="FILE", help="write the numbers")


def run(args: argparse.Namespace) -> int:
    """Compare, write what was asked for, and print the largest changes."""
    from gemsieve.pipeline.compare.compare import compare, read_run
    from gemsieve.pipeline.compare.moves import moves
    from gemsieve.pipeline.manifest import ManifestError
    from gemsieve.pipeline.storage import location, write_atomically

    names = (args.first, args.second)
    try:
        first, second = (read_run(location(name)) for name in names)
        found = compare(first, second, moves(first.books, second.books))
    except ManifestError as error:
        raise UsageError(str(error)) from None
    if args.json:
        text = json.dumps(found.body(), indent=1, sort_keys=True) + "\n"
        write_atomically(Path(args.json), text.encode())
    if args.html:
        from gemsieve.pipeline.compare.page import compare_page

        page = compare_page(found, [Path(name).name for name in names])
        write_atomically(Path(args.html), page.encode())
    print("\n".join([*summary(found), *([f"page: {args.html}"] if args.html else [])]))
    return 0


def summary(found: Compared) -> Iterator[str]:
    """Yield what the runs were given that differs, how much they keep, and the largest changes."""
    for what, words in found.differing.items():
        if words:
            more = f"; and {len(words) - SHOWN:,} more" if len(words) > SHOWN else ""
            yield f"different {what}: {'; '.join(words[:SHOWN])}{more}"
    for line in found.outcomes:
        yield sentence(line)
    if found.moved is not None:
        moved = [(n, *pair) for pair, n in found.moved.items() if pair[0] != pair[1]]
        yield f"{sum(n for n, *_ in moved):,} records have another outcome"
        yield from (f"  {a} in A, {b} in B: {n:,}" for n, a, b in sorted(moved, reverse=True))
    yield from surely("reasons", found.reasons)
    yield from surely("sources, records kept of", found.sources)
    yield from surely("groups, records dropped of those that mention", found.removal)
    for name, (first, second) in (found.leaks | found.pace).items():
        yield f"{name.replace('_', ' ')}: {first:,.4g} in A, {second:,.4g} in B"


def surely(what: str, lines: Sequence[Line]) -> Iterator[str]:
    """Yield how many lines differ by more than chance, and the first of them."""
    differing = [line for line in lines if line.differs]
    yield f"{len(differing):,} of {len(lines):,} {what} differ by more than chance"
    order = sorted(differing, key=lambda line: (-abs(line.change), line.name))
    yield from (f"  {sentence(line)}" for line in order[:SHOWN])


def sentence(line: Line) -> str:
    """Say one share of both runs."""
    low, high = line.interval
    return (
        f"{' '.join(line.name)}: {line.first.rate:.1%} in A, {line.second.rate:.1%} in B"
        f" ({100 * line.change:+.1f} points; 95 %: {100 * low:+.1f} to {100 * high:+.1f})"
    )
