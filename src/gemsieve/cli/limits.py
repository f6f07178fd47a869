"""`gemsieve limits`: what a policy's targets come to, or a target on labelled texts of yours."""

from __future__ import annotations

import argparse
import json
from typing import Any

from gemsieve.cli import UsageError, add_policy
from gemsieve.cli.limits_answer import limit_row, show, target_rows

TARGETS = ("miss_at_most", "false_alarm_at_most", "equal_false_alarms")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="labelled texts (JSONL: text, label 0 or 1, any group); else the policy's own targets",
    )
    add_policy(parser)
    parser.add_argument(
        "--use", choices=("corpus", "prompt", "output"), help="of one use; without FILE, of all"
    )
    parser.add_argument("--label", metavar="LABEL", help="with FILE: what the labels tell of")
    for name, meaning in (
        ("miss", "of texts labelled 1, this share may pass"),
        ("false-alarm", "of texts labelled 0, this share may be flagged"),
    ):
        parser.add_argument(f"--{name}-at-most", type=float, metavar="SHARE", help=meaning)
    parser.add_argument(
        "--equal-false-alarms",
        type=float,
        metavar="GAP",
        help="by which that share may differ between any two groups",
    )
    parser.add_argument(
        "--confidence", type=float, metavar="SHARE", help="of the first two (default 0.95)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON array")


def run(args: argparse.Namespace) -> int:
    """Set the limits and say what they cost."""
    from gemsieve.filters.policy_file import PolicyError

    try:
        rows = of_policy(args) if args.file is None else of_file(args)
    except (PolicyError, LookupError, ValueError) as error:
        raise UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[detect]'") from None
    if args.json:
        print(json.dumps(rows, indent=1))
    else:
        show(rows)
    return 0


def of_policy(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the limits that a policy's targets were set to."""
    from gemsieve.filters import load_filter
    from gemsieve.filters.policy import USES

    for name in ("label", *TARGETS, "confidence"):
        if getattr(args, name) is not None:
            raise UsageError(f"--{name.replace('_', '-')} is for labelled texts: give their FILE")
    policy = load_filter(args.policy).policy
    uses = [use for use in USES if use in policy.rulesets] if args.use is None else [args.use]
    return [row for use in uses for row in target_rows(policy.ruleset(use), use)]


def of_file(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the limit that meets a target on labelled texts."""
    from gemsieve.cli.limits_file import counted
    from gemsieve.filters import load_filter
    from gemsieve.filters.limits.limit import limit_for
    from gemsieve.filters.limits.policy import goal

    given = {name: getattr(args, name) for name in (*TARGETS, "confidence")}
    wish = goal({name: value for name, value in given.items() if value is not None}, "target")
    if wish is None or args.label is None:
        raise UsageError(
            "with FILE, give --label and a target: --miss-at-most, --false-alarm-at-most or"
            " --equal-false-alarms"
        )
    judge = load_filter(args.policy)
    found = counted(args.file, judge, args.use or "corpus", args.label)
    return [limit_row(args.file, limit_for(args.label, found, wish))]
