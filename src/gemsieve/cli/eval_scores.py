"""What `gemsieve eval toxicity` and `eval bias` share: options, and the scores of each side."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from gemsieve.cli import UsageError, add_policy, add_use
from gemsieve.cli.eval_rows import Fields, Read, first, read

if TYPE_CHECKING:
    from gemsieve.filters import Detector
    from gemsieve.filters.policy import Ruleset

LABEL = "toxicity.toxicity"
PEER = "alt-profanity-check"
PEER_LIMIT = 0.5  # its own: what `profanity_check.predict` calls profane
BATCH = 256  # texts
TOLD = 20  # lines that are left out and told of one by one


@dataclass(frozen=True)
class Side:
    """One detector's scores of all texts, and the limit above which they act, if there is one."""

    name: str
    scores: Sequence[float]
    limit: float | None


@dataclass(frozen=True)
class Scored:
    """The labelled texts of a file, and how each side scores them."""

    read: Read
    sides: tuple[Side, ...]
    about: dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options that both evaluations have."""
    parser.add_argument("file", type=Path, metavar="FILE", help="labelled texts: JSONL, or .gz")
    parser.add_argument("--text-field", default="text", metavar="NAME", help="default: text")
    parser.add_argument(
        "--label-field", default="label", metavar="NAME", help="0 or 1, true or false; label"
    )
    parser.add_argument("--label", metavar="LABEL", help=f"whose score to judge (default {LABEL})")
    add_policy(parser)
    add_use(parser, "limit counts", "corpus")
    parser.add_argument(
        "--above", type=float, metavar="SCORE", help="our limit; else the policy's for the label"
    )
    parser.add_argument(
        "--detector", metavar="MODULE:NAME", help="a detector to judge instead of the policy's"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the intervals (0)")
    parser.add_argument("--json", metavar="FILE", help="write all figures here; - for stdout")


def evaluate(
    args: argparse.Namespace,
    figures: Callable[[argparse.Namespace, Scored], dict[str, Any]],
    show: Callable[[dict[str, Any]], None],
) -> int:
    """Read, score, measure and tell; status 1 if a line had to be left out."""
    from gemsieve.filters.pii.labelled import LabelledError
    from gemsieve.filters.policy_file import PolicyError

    try:
        found = scored(args)
        told = {**found.about, **figures(args, found)}
    except (LabelledError, PolicyError, LookupError, RuntimeError) as error:
        raise UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[detect]'") from None
    if args.json == "-":
        json.dump(told, sys.stdout, indent=1, ensure_ascii=False)
        print()
    else:
        if args.json:
            write(Path(args.json), told)
        show(told)
    return complain(args.file, found.read.faults)


def complain(file: Path, faults: dict[int, str]) -> int:
    """Tell on the error stream which lines were left out; return the exit status."""
    for line, fault in first(faults, TOLD):
        print(f"{file}: line {line}: {fault}", file=sys.stderr)
    if faults:
        print(f"{file}: lines left out: {len(faults)}", file=sys.stderr)
    return int(bool(faults))


def write(path: Path, figures: dict[str, Any]) -> None:
    """Write the figures to a file."""
    try:
        path.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise UsageError(f"--json {path}: {error.strerror}") from None


def scored(args: argparse.Namespace) -> Scored:
    """Read the file and score its texts, by ours and by the peer where it is installed."""
    from gemsieve.filters import load_filter
    from gemsieve.filters.pii.labelled import digest

    if args.above is not None and not math.isfinite(args.above):
        raise UsageError(f"--above {args.above:g}: must be a number")
    sha256 = digest(args.file)
    fields = Fields(args.text_field, args.label_field, getattr(args, "groups_field", None))
    found = read(args.file, fields)
    judge = load_filter(args.policy)
    rules, candidates = judge.policy.ruleset(args.use), list(judge.detectors[args.use])
    if args.detector:
        candidates = [*(d for d in candidates if d.labels.column()), named(args.detector)]
    label = args.label or LABEL
    detector = owner(candidates, label)
    filling = [d for d in candidates if d.labels.column() in detector.needs]
    limit = policy_limit(rules, label) if args.above is None else args.above
    texts = [row.text for row in found.rows]
    ours = Side("ours", scores([*filling, detector], texts, label, found), limit)
    peer = peers(texts)
    about = {
        "input": {
            "file": args.file.name,
            "sha256": sha256,
            "texts": len(texts),
            "toxic": sum(row.toxic for row in found.rows),
            "left_out": len(found.faults),
        },
        "settings": {
            "policy": judge.policy.name,
            "policy_sha256": judge.policy.sha256,
            "use": args.use,
            "label": label,
            "limits": {side.name: side.limit for side in (ours, *peer)},
            "seed": args.seed,
        },
        "versions": {
            "gemsieve": metadata.version("gemsieve"),
            PEER: metadata.version(PEER) if peer else None,
            "detector": {
                "name": detector.name,
                "version": detector.version,
                "weights": detector.weights,
            },
        },
    }
    return Scored(found, (ours, *peer), about)


def named(place: str) -> Detector:
    """Return the detector at `module:name`; a class is called without arguments.

    Raises:
        UsageError: There is none.
    """
    module, _, name = place.partition(":")
    try:
        found = getattr(import_module(module), name)
        detector = found() if isinstance(found, type) else found
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise UsageError(f"--detector {place}: {error}") from None
    if not callable(detector) or not hasattr(detector, "labels"):
        raise UsageError(f"--detector {place}: is no detector: it has no labels or no call")
    return cast("Detector", detector)


def owner(detectors: Sequence[Detector], label: str) -> Detector:
    """Return the detector that has a label.

    Raises:
        UsageError: None has; tells the nearest label that one has.
    """
    from gemsieve.filters.policy_file import nearest

    # The last: one that was asked for stands after the policy's.
    for detector in reversed(detectors):
        if label in detector.labels.ranges():
            return detector
    known = [name for detector in detectors for name in detector.labels.ranges()]
    raise UsageError(f"--label {label}: no detector has it{nearest(label, known)}")


def policy_limit(rules: Ruleset, label: str) -> float | None:
    """Return the lowest score above which a rule acts on a label by itself; None without one."""
    from gemsieve.filters.policy import Action

    limits = [
        rule.above
        for rule in rules.rules
        if rule.above is not None and rule.names(label) and rule.action > Action.KEEP
        if rule.count_above is None and rule.share_above is None
    ]
    return min(limits, default=None)


def scores(
    detectors: Sequence[Detector], texts: Sequence[str], label: str, found: Read
) -> list[float]:
    """Return the highest score of a label in each text, 0 where an event is absent.

    Raises:
        RuntimeError: A detector failed on a text, or gave no finite score; names the line.
    """
    from gemsieve.filters import Batch
    from gemsieve.filters.detect import detect

    for detector in detectors:
        detector.setup()
    highest: list[float] = []
    for start in range(0, len(texts), BATCH):
        findings, _ = detect(detectors, Batch(texts[start : start + BATCH]))
        for row, some in zip(found.rows[start:], findings, strict=False):
            failed = next((f.label for f in some if f.label.startswith("error.")), None)
            values = [f.score for f in some if f.label == label]
            if failed or not all(map(math.isfinite, values)):
                name = (failed or label).removeprefix("error.")
                raise RuntimeError(f"line {row.line}: {name!r} could not judge the text")
            highest.append(max(values, default=0.0))
    return highest


def peers(texts: Sequence[str]) -> tuple[Side, ...]:
    """Return the scores of alt-profanity-check, a linear model; nothing where it is absent."""
    if find_spec("profanity_check") is None:
        return ()
    from gemsieve.filters.pii.projection import encodable

    probabilities = import_module("profanity_check").predict_prob(list(map(encodable, texts)))
    return (Side(PEER, [float(value) for value in probabilities], PEER_LIMIT),)
