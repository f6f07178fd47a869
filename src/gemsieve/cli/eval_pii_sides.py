"""What `gemsieve eval pii` compares, by its options: our detectors, Presidio, limits for both."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gemsieve.cli import UsageError

if TYPE_CHECKING:
    from gemsieve.filters import Batch, Detector, Filter
    from gemsieve.filters.pii.comparison import Side
    from gemsieve.filters.pii.sides import Limits

OPTIONS = ("mode", "entities", "countries")  # of our detector, which a policy has too


def words(text: str) -> list[str]:
    """Return the words of a list with commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def limits(args: argparse.Namespace, judge: Filter) -> Limits:
    """Return the limits for both sides: one score for all, or those of the policy."""
    from gemsieve.filters.pii.sides import above, acted_on

    if args.above is None:
        return acted_on(judge.policy.ruleset(args.use))
    if not 0 <= args.above <= 1:
        raise UsageError(f"--above {args.above:g}: must be within 0..1")
    return above(args.above)


def ours(args: argparse.Namespace, judge: Filter) -> list[Detector]:
    """Return our detectors of personal data: the policy's, or those by the options.

    Those that choose a column for rules with `when` run beside the policy's.
    """
    from gemsieve.filters.names import NamesDetector
    from gemsieve.filters.pii.sides import PREFIXES

    asked = [name for name in OPTIONS if getattr(args, name) is not None]
    if asked and args.policy:
        raise UsageError(f"--policy says what to look for: leave --{asked[0]} out")
    judge.policy.ruleset(args.use)
    detectors = [
        detector
        for detector in judge.detectors[args.use]
        if detector.labels.column() is not None
        or any(label.startswith(PREFIXES) for label in detector.labels.events)
    ]
    if asked:
        detectors = optional(args)
    if args.ner and not any(isinstance(d, NamesDetector) for d in detectors):
        detectors.append(NamesDetector(when={}))
    return detectors


def optional(args: argparse.Namespace) -> list[Detector]:
    """Return the detectors that the options describe; in stock mode nothing beside stock's."""
    from gemsieve.filters.pii import PiiDetector
    from gemsieve.filters.pii.hidden import HiddenPiiDetector

    options: dict[str, Any] = {
        "mode": args.mode or "default",
        "entities": None if args.entities is None else words(args.entities),
        "countries": None if args.countries is None else words(args.countries),
    }
    try:
        plain = PiiDetector(**options)
    except ValueError as error:
        raise UsageError(f"--{error}") from None
    return [plain] if args.mode == "stock" else [plain, HiddenPiiDetector(**options)]


def presidio(
    args: argparse.Namespace, detectors: Sequence[Detector], batch: Batch, limits: Limits
) -> Side:
    """Return what Presidio finds, with the model of our detector of names where there is one.

    It looks for what it would by itself and for all of ours that it knows; for ours alone where
    the options say what to look for.
    """
    from gemsieve.filters.names import NamesDetector
    from gemsieve.filters.names.models import PACKAGED
    from gemsieve.filters.pii.entities import PREDEFINED, STOCK
    from gemsieve.filters.pii.sides import entities_of
    from gemsieve.filters.pii.sides import presidio as side
    from gemsieve.filters.pii.stock import stock
    from gemsieve.filters.pii.stock_names import NAMES, stock_with_names

    own = entities_of(detectors)
    wanted = (own if args.entities or args.countries else own | PREDEFINED) & STOCK.keys()
    names = [d for d in detectors if isinstance(d, NamesDetector)]
    if not names:
        return side(batch, wanted, stock(sorted(wanted)), limits)
    model = names[0].model if names[0].engine == "spacy" else None
    find = stock_with_names(sorted(wanted), model or PACKAGED)
    return side(batch, wanted | NAMES, find, limits)
