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

from gemsieve.cli import UsageError, add_policy, add_use
from gemsieve.cli import eval_pii_sides as sides

if TYPE_CHECKING:
    from gemsieve.filters.pii.labelled import Labelled

LIBRARIES = ("gemsieve", "presidio-analyzer", "phonenumbers", "tldextract", "spacy")


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
    add_policy(parser)
    add_use(parser, "limits count", "corpus")
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
    limits, detectors = sides.limits(args, judge), sides.ours(args, judge)
    our, batch = ours([text.text for text in texts], detectors, limits)
    both = (our, sides.presidio(args, detectors, batch, limits))
    regions = sides.words(args.regions) if args.regions else REGIONS
    figures = compare(texts, both, regions)
    if args.errors:
        figures["errors"] = [e for side in both for e in errors(texts, side, figures["entities"])]
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
            "entities": {side.name: sorted(side.entities) for side in both},
        },
        "versions": {
            **{name: metadata.version(name) for name in LIBRARIES},
            "detectors": {d.name: {"version": d.version, "weights": d.weights} for d in detectors},
        },
        **figures,
    }


def mapping(options: Sequence[str]) -> dict[str, str]:
    """Return the entity of each label that was given one; both in capitals."""
    found: dict[str, str] = {}
    for word in (word for option in options for word in sides.words(option)):
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


def write(path: Path, figures: dict[str, Any]) -> None:
    """Write the figures to a file."""
    try:
        path.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise UsageError(f"--json {path}: {error.strerror}") from None
