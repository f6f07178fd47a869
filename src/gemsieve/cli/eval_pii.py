"""`gemsieve eval pii`: precision and recall on marked texts, ours beside stock Presidio's."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemsieve.cli import UsageError

if TYPE_CHECKING:
    from gemsieve.filters import Batch, Detector, Filter
    from gemsieve.filters.pii.comparison import Side
    from gemsieve.filters.pii.labelled import Labelled
    from gemsieve.filters.pii.sides import Limits

LIBRARIES = ("gemsieve", "presidio-analyzer", "phonenumbers", "tldextract", "spacy")
DETECTOR = ("mode", "entities", "countries")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="marked texts: JSONL, or .jsonl.gz")
    parser.add_argument("--text-field", metavar="NAME", help="default: text, else full_text")
    parser.add_argument("--spans-field", default="spans", metavar="NAME", help="default: spans")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="LABEL=ENTITY",
        help="read a label of the file as an entity; several with commas, or again",
    )
    parser.add_argument("--policy", metavar="FILE", help="policy (TOML); else the shipped default")
    parser.add_argument(
        "--use",
        choices=("corpus", "prompt", "output"),
        default="corpus",
        help="whose limits count (default corpus)",
    )
    parser.add_argument("--mode", choices=("default", "stock"), help="of our detector")
    parser.add_argument("--entities", metavar="A,B", help="to look for, and no others")
    parser.add_argument("--countries", metavar="A,B", help="whose entities to look for")
    parser.add_argument(
        "--ner", action="store_true", help="names and places too, on both sides, by one model"
    )
    parser.add_argument(
        "--above", type=float, metavar="SCORE", help="count what scores above; else the policy's"
    )
    parser.add_argument(
        "--regions", metavar="A,B", help="where telephone numbers may be valid without a +"
    )
    parser.add_argument("--errors", action="store_true", help="list the places of all errors")
    parser.add_argument("--json", metavar="FILE", help="write all figures here; - for stdout")


def run(args: argparse.Namespace) -> int:
    """Read, find, compare and tell."""
    from gemsieve.filters.pii.labelled import LabelledError
    from gemsieve.filters.policy_file import PolicyError

    try:
        figures = evaluated(args)
    except (LabelledError, PolicyError, LookupError, RuntimeError) as error:
        raise UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[detect]'") from None
    if args.json == "-":
        json.dump(figures, sys.stdout, indent=1, ensure_ascii=False)
        print()
        return 0
    if args.json:
        write(Path(args.json), figures)
    from gemsieve.cli.eval_pii_table import show

    show(figures)
    return 0


def evaluated(args: argparse.Namespace) -> dict[str, Any]:
    """Return everything that is known of both sides."""
    from gemsieve.filters import load_filter
    from gemsieve.filters.pii.comparison import compare, errors
    from gemsieve.filters.pii.labelled import digest, read
    from gemsieve.filters.pii.sides import ours
    from gemsieve.filters.pii.validity import REGIONS

    sha256 = digest(args.file)
    texts = renamed(read(args.file, args.text_field, args.spans_field), mapping(args.map))
    judge = load_filter(args.policy)
    limits = limits_of(args, judge)
    detectors = detectors_of(args, judge)
    our, batch = ours([text.text for text in texts], detectors, limits)
    sides = (our, presidio_of(args, detectors, batch, limits))
    regions = tuple(words(args.regions)) if args.regions else REGIONS
    compared = compare(texts, sides, regions)
    places = [error for side in sides for error in errors(texts, side, compared["entities"])]
    return {
        "input": {
            "file": args.file.name,
            "sha256": sha256,
            "texts": len(texts),
            "characters": sum(len(text.text) for text in texts),
            "spans": sum(len(set(text.marks)) for text in texts),
        },
        "settings": {
            "policy": judge.policy.name,
            "policy_sha256": judge.policy.sha256,
            "use": args.use,
            "above": args.above,
            "map": mapping(args.map),
            "regions": list(regions),
            "entities": {side.name: sorted(side.entities) for side in sides},
        },
        "versions": {
            **{name: metadata.version(name) for name in LIBRARIES},
            "detectors": {d.name: d.version for d in detectors},
        },
        **compared,
        **({"errors": places} if args.errors else {}),
    }


def words(text: str) -> list[str]:
    """Return the words of a list with commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def mapping(options: Sequence[str]) -> dict[str, str]:
    """Return the entity of each label that was given one; both in capitals."""
    found: dict[str, str] = {}
    for word in (word for option in options for word in words(option)):
        label, equals, entity = word.partition("=")
        if not (label and equals and entity):
            raise UsageError(f"--map {word}: must be LABEL=ENTITY, as in ADDRESS=LOCATION")
        found[label.upper()] = entity.upper()
    return found


def renamed(texts: Sequence[Labelled], entities: dict[str, str]) -> list[Labelled]:
    """Return the texts with the labels of their marks in capitals, or as they are to be read.

    Raises:
        UsageError: A label that is to be read otherwise is not there.
    """
    from gemsieve.filters.policy_file import nearest

    labels = {mark.entity.upper() for text in texts for mark in text.marks}
    for label in entities.keys() - labels:
        raise UsageError(f"--map {label}: the file has no such label{nearest(label, labels)}")
    return [
        replace(
            text,
            marks=tuple(
                mark._replace(entity=entities.get(mark.entity.upper(), mark.entity.upper()))
                for mark in text.marks
            ),
        )
        for text in texts
    ]


def limits_of(args: argparse.Namespace, judge: Filter) -> Limits:
    """Return the limits for both sides: one score for all, or those of the policy."""
    from gemsieve.filters.pii.sides import above, acted_on

    if args.above is None:
        return acted_on(judge.policy.ruleset(args.use))
    if not 0 <= args.above <= 1:
        raise UsageError(f"--above {args.above:g}: must be within 0..1")
    return above(args.above)


def detectors_of(args: argparse.Namespace, judge: Filter) -> list[Detector]:
    """Return our detectors of personal data: the policy's, or those by the options.

    Those that choose a column for rules with `when` run beside the policy's.
    """
    from gemsieve.filters.names import NamesDetector
    from gemsieve.filters.pii.sides import PREFIXES

    asked = [name for name in DETECTOR if getattr(args, name) is not None]
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


def presidio_of(
    args: argparse.Namespace, detectors: Sequence[Detector], batch: Batch, limits: Limits
) -> Side:
    """Return what Presidio finds, with the model of our detector of names where there is one.

    It looks for what it would by itself and for all of ours that it knows; for ours alone where
    the options say what to look for.
    """
    from gemsieve.filters.names import NamesDetector
    from gemsieve.filters.names.models import PACKAGED
    from gemsieve.filters.pii.entities import PREDEFINED, STOCK
    from gemsieve.filters.pii.sides import entities_of, presidio
    from gemsieve.filters.pii.stock import stock
    from gemsieve.filters.pii.stock_names import NAMES, stock_with_names

    ours = entities_of(detectors)
    wanted = (ours if args.entities or args.countries else ours | PREDEFINED) & STOCK.keys()
    names = [d for d in detectors if isinstance(d, NamesDetector)]
    if not names:
        return presidio(batch, wanted, stock(sorted(wanted)), limits)
    model = names[0].model if names[0].engine == "spacy" else None
    find = stock_with_names(sorted(wanted), model or PACKAGED)
    return presidio(batch, wanted | NAMES, find, limits)


def write(path: Path, figures: dict[str, Any]) -> None:
    """Write the figures to a file."""
    try:
        path.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise UsageError(f"--json {path}: {error.strerror}") from None
