"""`gemsieve parity`: whether answers are judged as the corpus was, and what differs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemsieve.cli import UsageError, add_policy

if TYPE_CHECKING:
    from gemsieve.filters import Filter
    from gemsieve.filters.parity import Judged, Row


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_policy(parser)
    parser.add_argument(
        "--corpus-policy", metavar="FILE", help="what judged the corpus; else the same policy"
    )
    parser.add_argument("--data", metavar="OUT", help="the corpus: a finished output")
    parser.add_argument("--model", type=Path, metavar="RUN", help="what was trained on it")
    parser.add_argument(
        "--label", action="append", metavar="GLOB", help="only these labels; repeatable"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the comparison; status 1 where anything differs."""
    from gemsieve.filters import load_filter
    from gemsieve.filters.parity import parity
    from gemsieve.filters.policy_file import PolicyError
    from gemsieve.pipeline.manifest import ManifestError

    try:
        outputs = load_filter(args.policy)
        corpus = load_filter(args.corpus_policy) if args.corpus_policy else outputs
        rows = parity(corpus, outputs, args.label or ("*",))
        origin = differences(args, corpus)
    except (PolicyError, LookupError, ManifestError) as error:
        raise UsageError(str(error)) from None
    same = not origin and all(row.state == "same" for row in rows)
    if args.json:
        print(json.dumps(answer(corpus, outputs, rows, origin), indent=1))
    else:
        show(corpus, outputs, rows, origin)
    return 0 if same else 1


def differences(args: argparse.Namespace, corpus: Filter) -> list[str]:
    """Say where what judged the data, or the model's data, is not this policy for corpora."""
    found: list[str] = []
    manifest = ""
    if args.data:
        from gemsieve.pipeline.job import described
        from gemsieve.pipeline.manifest import read
        from gemsieve.pipeline.storage import location

        books = read(location(args.data))
        manifest = books.digest
        found += other_policy(args.data, books.policy["sha256"], corpus)
        before = {one["name"]: one for one in books.detectors}
        now = {one["name"]: one for one in described(corpus)}
        found += [
            f"{args.data}: detector {name!r} was {told(before.get(name))}, is {told(now.get(name))}"
            for name in sorted({*before, *now})
            if before.get(name) != now.get(name)
        ]
    if args.model:
        from gemsieve.model.checkpoints.about import CheckpointError
        from gemsieve.model.checkpoints.forms import open_model

        try:
            about = open_model(args.model).about
        except CheckpointError as error:
            raise UsageError(str(error)) from None
        found += other_policy(args.model, about.policy.get("sha256", ""), corpus)
        if manifest and about.manifest != manifest:
            found.append(
                f"{args.model}: was not trained on {args.data}, or not on all that is there"
            )
    return found


def other_policy(place: object, digest: str, corpus: Filter) -> list[str]:
    """Say that another policy judged something, if so."""
    if digest == corpus.policy.sha256:
        return []
    named = f"policy {digest[:12]}" if digest else "no policy that is known"
    return [f"{place}: judged by {named}, not by {corpus.policy.sha256[:12]}"]


def told(detector: Mapping[str, str] | None) -> str:
    """Return a detector of a manifest in words."""
    if detector is None:
        return "absent"
    weights = detector.get("sha256", "")
    return f"version {detector['version']}" + (f", weights {weights[:12]}" if weights else "")


def answer(corpus: Filter, outputs: Filter, rows: list[Row], origin: list[str]) -> dict[str, Any]:
    """Return the comparison as JSON."""
    return {
        "corpus": {"policy": corpus.policy.name, "sha256": corpus.policy.sha256},
        "output": {"policy": outputs.policy.name, "sha256": outputs.policy.sha256},
        "origin": origin,
        "labels": [asdict(row) | {"state": row.state} for row in rows],
    }


def show(corpus: Filter, outputs: Filter, rows: list[Row], origin: list[str]) -> None:
    """Print the comparison; labels of a family that are judged alike share a line."""
    for use, judge in (("corpus", corpus), ("output", outputs)):
        print(f"{use}: policy {judge.policy.name!r} {judge.policy.sha256[:12]}")
    for line in origin:
        print(line)
    lines: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        alike = row.label.split(".")[0], row.state, words(row)
        lines.setdefault(alike, []).append(row.label)
    for (family, state, how), labels in lines.items():
        named = labels[0] if len(labels) == 1 else f"{family}.* ({len(labels)} labels)"
        print(f"{named:<32} {state:<11}  {how}")
    same = sum(row.state == "same" for row in rows)
    print(f"{same} of {len(rows)} labels are judged alike")


def words(row: Row) -> str:
    """Return how a label is judged, once where both do it alike."""
    sides = [side(one, detector=row.state == "detector") for one in (row.corpus, row.output) if one]
    return " | ".join(dict.fromkeys(sides))


def side(judged: Judged, *, detector: bool) -> str:
    """Return what one use does about a label."""
    rules = "; ".join(judged.rules)
    if not detector:
        return rules
    weights = f" {judged.weights[:12]}" if judged.weights else ""
    return f"{judged.detector} {judged.version}{weights}: {rules}"
