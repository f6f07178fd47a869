"""`gemsieve merge`: one model of several that were tuned from one start."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gemsieve.cli import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "models", type=Path, nargs="+", metavar="MODEL", help="a run, or a model in another form"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="a new folder")
    parser.add_argument(
        "--start", type=Path, metavar="MODEL", help="what all models were tuned from"
    )
    parser.add_argument(
        "--method",
        choices=("slerp", "average"),
        default="slerp",
        help="between what tuning added to the start, on a sphere; or the plain mean (slerp)",
    )
    parser.add_argument(
        "--weights", metavar="W,W,...", help="of an average, one a model; else all weigh the same"
    )
    parser.add_argument(
        "--towards-start",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="how far back to the start, from 0 to 1 (0)",
    )


def run(args: argparse.Namespace) -> int:
    """Merge, and say what was written."""
    from gemsieve.model.checkpoints.about import CheckpointError
    from gemsieve.model.training.merging.merge_stored import Recipe, merge

    weights = _numbers(args.weights) if args.weights is not None else None
    try:
        recipe = Recipe(method=args.method, weights=weights, back=args.towards_start)
        about = merge(args.models, args.output, recipe, args.start)
    except (CheckpointError, ValueError, OSError) as error:
        raise UsageError(str(error)) from None
    print(f"{len(args.models)} models, {args.method} -> {args.output}")
    if about.warning:
        print(f"gemsieve merge: {about.warning}", file=sys.stderr)
    return 0


def _numbers(text: str) -> list[float]:
    """Read `1,2`.

    Raises:
        UsageError: There is something else between the commas.
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"--weights {text}: write numbers, as in 1,2") from None
