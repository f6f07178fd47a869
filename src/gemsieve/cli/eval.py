"""`gemsieve eval WHAT`: measure detectors on labelled data."""

from __future__ import annotations

import argparse
import importlib
from typing import cast

from gemsieve.cli import Command

# One line an evaluation. The module `eval_NAME` in this package holds `add_arguments` and `run`.
EVALUATIONS: dict[str, str] = {
    "bias": "score how differently labelled texts about groups of people are judged",
    "pii": "score spans of personal data, ours beside stock Presidio's",
    "toxicity": "score labelled texts, ours beside alt-profanity-check",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the evaluations, each with its options."""
    each = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    for name, summary in EVALUATIONS.items():
        evaluation = each.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        load(name).add_arguments(evaluation)


def run(args: argparse.Namespace) -> int:
    """Do the one that was named."""
    return load(args.what).run(args)


def load(name: str) -> Command:
    """Import one evaluation's module."""
    return cast("Command", importlib.import_module(f"gemsieve.cli.eval_{name}"))
