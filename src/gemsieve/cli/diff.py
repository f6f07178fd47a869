"""`gemsieve diff`: show what another policy would change, by annotations."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gemsieve.cli import UsageError

if TYPE_CHECKING:
    from gemsieve.pipeline.annotate.diff import Diff

SHOWN = 20  # rows of a table; `--json` has all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("first", metavar="POLICY_A", help="a policy (TOML)")
    parser.add_argument("second", metavar="POLICY_B", help="another")
    parser.add_argument("annotations", metavar="ANN", help="what `gemsieve annotate` wrote")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "--examples", type=int, default=0, metavar="N", help="ids of N records of each change"
    )
    parser.add_argument(
        "--show-text", action="store_true", help="the records' texts too, as they were read"
    )


def run(args: argparse.Namespace) -> int:
    """Decide under both policies and print what differs."""
    from gemsieve.filters.catalogue import policy_text
    from gemsieve.filters.policy_error import PolicyError
    from gemsieve.pipeline.annotate.diff import diff, side
    from gemsieve.pipeline.manifest import ManifestError

    if args.examples < 0:
        raise UsageError("--examples: must not be negative")
    if args.show_text and (args.json or not args.examples):
        raise UsageError("--show-text: goes with --examples N, and without --json")
    try:
        first, second = (
            side(args.annotations, *policy_text(path)) for path in (args.first, args.second)
        )
        found = diff(args.annotations, first, second, args.examples)
    except (PolicyError, ManifestError) as error:
        raise UsageError(str(error)) from None
    lines = [json.dumps(found.body())] if args.json else told(found, show=args.show_text)
    for line in lines:
        print(line)
    return 0


def told(found: Diff, *, show: bool) -> Iterator[str]:
    """Yield the lines for people."""
    body = found.body()
    whole = body["records"]
    yield f"{body['changed']:,} of {whole:,} records change ({percent(body['changed'], whole)})"
    yield from changes(body["outcomes"], whole)
    yield from reasons(body["labels"], whole)
    yield from tables("by source", body["sources"])
    yield from tables("by identity group mentioned", body["groups"])
    for (one, two), some in sorted(found.examples.items()):
        yield f"\n{one} -> {two}, for example"
        for example in some:
            why = (", ".join(labels) or "-" for labels in example.reasons)
            yield f"  {example.id}  {' -> '.join(why)}"
            if show:
                yield f"    {example.text}"


def changes(pairs: Sequence[Mapping[str, Any]], whole: int) -> Iterator[str]:
    """Yield a line for each pair of outcomes."""
    for pair in pairs:
        mark = " " if pair["first"] == pair["second"] else "*"
        name = f"{pair['first']} -> {pair['second']}"
        yield f"{mark} {name:<26} {pair['records']:>12,}  {percent(pair['records'], whole):>7}"


def reasons(labels: Mapping[str, Mapping[str, int]], whole: int) -> Iterator[str]:
    """Yield a line for each label that is a reason under one policy alone, the commonest first."""
    moved = {label: sides for label, sides in labels.items() if sides["first"] or sides["second"]}
    if not moved:
        return
    yield "\nby label: records for which it is a reason under A alone, under B alone, under both"
    ranked = sorted(
        moved, key=lambda label: (-moved[label]["first"] - moved[label]["second"], label)
    )
    for label in ranked[:SHOWN]:
        sides = moved[label]
        share = percent(sides["first"] + sides["second"], whole)
        yield (
            f"  {label:<44} {sides['first']:>10,} {sides['second']:>10,} {sides['both']:>10,}"
            f"  {share:>7}"
        )
    yield from left_out(len(ranked))


def tables(title: str, by_name: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """Yield a line for each name under which something changes, the most first."""
    rows = []
    for name, pairs in by_name.items():
        whole = sum(pair["records"] for pair in pairs)
        moved = {
            f"{p['first']} -> {p['second']}": p["records"]
            for p in pairs
            if p["first"] != p["second"]
        }
        if moved:
            rows.append((-sum(moved.values()), name, whole, moved))
    if not rows:
        return
    yield f"\n{title}: records that change, of all"
    for _, name, whole, moved in sorted(rows)[:SHOWN]:
        changed = sum(moved.values())
        parts = ", ".join(f"{n:,} {pair}" for pair, n in moved.items())
        yield f"  {name:<44} {changed:>10,} of {whole:>10,}  {percent(changed, whole):>7}  {parts}"
    yield from left_out(len(rows))


def left_out(count: int) -> Iterator[str]:
    """Say how many rows a table leaves out."""
    if count > SHOWN:
        yield f"  and {count - SHOWN:,} more: --json has them"


def percent(part: int, whole: int) -> str:
    """Return a share in percent."""
    return f"{100 * part / whole:.2f} %" if whole else "–"
