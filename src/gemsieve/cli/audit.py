"""`gemsieve audit`: does what a filter or a detector says hang on which group a text is about?"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemsieve.cli import UsageError, add_policy, add_use

if TYPE_CHECKING:
    from gemsieve.filters import Detector, Filter
    from gemsieve.filters.audit.judge import Judge

ABOVE = 0.5
TEMPLATES, FILES = "Sentences of our own", "Sentences of the files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="JSONL (.gz, .zst), Parquet, or .txt with a text a line: sentences to swap as well",
    )
    add_policy(parser)
    add_use(parser, "rules are audited", "corpus")
    parser.add_argument(
        "--detector",
        metavar="NAME",
        help="audit this one, by its name or as module:attribute, instead of the policy's labels",
    )
    parser.add_argument(
        "--above",
        type=float,
        default=ABOVE,
        metavar="SCORE",
        help=f"limit of a --detector that no rule of the policy names (default {ABOVE})",
    )
    parser.add_argument("--text-field", default="text", metavar="NAME", help="default: text")
    parser.add_argument(
        "--sentences", type=int, metavar="N", help="of the files, to swap; else the policy's number"
    )
    parser.add_argument(
        "--labelled", type=Path, metavar="FILE", help="labelled texts: JSONL with text and label"
    )
    parser.add_argument("--json", metavar="FILE", help="write all figures here; - for stdout")
    parser.add_argument("--html", metavar="FILE", help="write a page")


def run(args: argparse.Namespace) -> int:
    """Swap, judge, compare and tell; status 1 beyond a limit of the policy's."""
    from gemsieve.filters.audit.verdict import faults
    from gemsieve.filters.pii.labelled import LabelledError
    from gemsieve.filters.policy_file import PolicyError
    from gemsieve.pipeline.reading.slices import InputError

    try:
        judge, subject = audited(args)
        judge.setup()
        sets = swapped(args, judge)
        labelled = areas(args, judge) if args.labelled else None
    except (PolicyError, InputError, LabelledError, LookupError, RuntimeError) as error:
        raise UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[pipeline]'") from None
    write(args, subject, sets, labelled)
    beyond = [fault for told in sets.values() for fault in faults(told)]
    for fault in beyond:
        print(f"gemsieve audit: {fault}", file=sys.stderr)
    return int(bool(beyond))


def audited(args: argparse.Namespace) -> tuple[Judge, str]:
    """Return the rules to audit, and what they are in a few words."""
    from gemsieve.filters import load_filter
    from gemsieve.filters.audit.judge import judge_of

    whole = load_filter(args.policy)
    name = f"policy {whole.policy.name}, {args.use}"
    judge = judge_of(whole, args.use)
    if args.detector:
        judge, name = alone(args, whole), f"{args.detector}, {name}"
    if not judge.rules:
        labels = ", ".join(judge.audit.labels)
        raise UsageError(f"no rule of {name} acts on {labels}; name a --detector")
    # There is no job whose records could be counted.
    return replace(judge, audit=replace(judge.audit, removal_ratio=None)), name


def alone(args: argparse.Namespace, whole: Filter) -> Judge:
    """Return one detector with the policy's rules on its labels or, without any, a limit."""
    from gemsieve.filters.audit.judge import Judge, judge_of
    from gemsieve.filters.policy import Action, Owed, Rule

    detector = found(args.detector, whole)
    labels = detector.labels.probabilities()
    policy = replace(whole.policy, audit=replace(whole.policy.audit, labels=labels))
    beside = [d for d in whole.detectors[args.use] if d.name != detector.name]
    judge = judge_of(
        replace(whole, policy=policy, detectors={args.use: (*beside, detector)}), args.use
    )
    if judge.rules:
        return judge
    owed = tuple(Owed(detector.name, group) for group in detector.labels.owed())
    rule = Rule(labels, Action.DROP, above=args.above)
    return Judge(policy.audit, {f"above[{args.above:g}]": rule}, (detector,), owed)


def found(name: str, whole: Filter) -> Detector:
    """Return the detector at `module:attribute`, or of this name, with the policy's options."""
    from gemsieve.cli.eval_scores import named
    from gemsieve.filters.catalogue import built, factories
    from gemsieve.filters.policy_file import nearest

    if ":" in name:
        return named(name)
    known = factories()
    if name not in known:
        raise UsageError(f"--detector {name}: no such detector{nearest(name, known)}")
    return built(name, known[name], whole.policy.options.get(name, {}), whole.policy.name)


def swapped(args: argparse.Namespace, judge: Judge) -> dict[str, dict[str, Any]]:
    """Return what swaps show, of our own sentences and of those of files."""
    from gemsieve.filters.audit.pairs import compare
    from gemsieve.filters.audit.templates import template_pairs
    from gemsieve.filters.audit.verdict import told

    sets = {TEMPLATES: told(compare(judge, template_pairs()), judge)}
    if args.files:
        from gemsieve.pipeline.audit.files import file_pairs

        count = judge.audit.sentences if args.sentences is None else args.sentences
        pairs, swaps = file_pairs(args.files, args.text_field, count)
        swaps.add(compare(judge, pairs))
        sets[FILES] = told(swaps, judge)
    return sets


def areas(args: argparse.Namespace, judge: Judge) -> dict[str, Any]:
    """Return how well the first audited score tells labelled texts apart, by group mentioned."""
    from gemsieve.cli.eval_bias import measured, mentioned
    from gemsieve.cli.eval_rows import Fields, read
    from gemsieve.cli.eval_scores import LABEL, Side, scores

    if not judge.labels:
        raise UsageError("--labelled: no audited label is a probability of every text")
    label = LABEL if LABEL in judge.labels else judge.labels[0]
    texts = read(args.labelled, Fields(text=args.text_field))
    values = scores(judge.detectors, [row.text for row in texts.rows], label, texts)
    figures = measured(texts.rows, Side(label, values, None), mentioned(texts.rows))
    return {"label": label, "texts": len(texts.rows), "left_out": len(texts.faults), **figures}


def write(
    args: argparse.Namespace,
    subject: str,
    sets: Mapping[str, Mapping[str, Any]],
    labelled: Mapping[str, Any] | None,
) -> None:
    """Write the JSON and the page that were asked for, and print the tables."""
    figures = {"audited": subject, "sets": sets, "labelled": labelled}
    try:
        if args.html:
            from gemsieve.pipeline.audit.page import audit_page

            Path(args.html).write_text(audit_page(subject, sets, labelled), "utf-8")
        if args.json and args.json != "-":
            Path(args.json).write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot be written: {error.strerror}") from None
    if args.json == "-":
        print(json.dumps(figures, indent=1))
        return
    from gemsieve.cli.audit_table import show

    show(subject, sets, labelled)
