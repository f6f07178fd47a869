"""`gemsieve probe`: teach a model's own states to tell what it writes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError
from gemsieve.cli.option import split

if TYPE_CHECKING:
    from gemsieve.model.probe.parts import Wanted
    from gemsieve.model.probe.rows import Row
    from gemsieve.model.probe.saved import Probe


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("model", type=Path, metavar="MODEL", help="the folder of a trained model")
    parser.add_argument(
        "--data",
        action="extend",
        nargs="+",
        type=Path,
        required=True,
        metavar="FILE",
        help="labelled texts, one JSON object a line (.gz or plain)",
    )
    parser.add_argument(
        "--labels",
        type=split,
        required=True,
        metavar="A,B",
        help="fields that are true, false, or 0 to 1",
    )
    parser.add_argument("--text-field", default="text", metavar="NAME", help="(default text)")
    parser.add_argument("--prompt-field", metavar="NAME", help="what a text answers; else nothing")
    parser.add_argument("--layer", type=int, metavar="N", help="read after block N; else the best")
    parser.add_argument(
        "--width", type=int, default=64, metavar="N", help="tokens judged together (default 64)"
    )
    parser.add_argument(
        "--held-out",
        type=float,
        default=0.2,
        metavar="SHARE",
        help="of the texts, for the curve and the figures (default 0.2)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the parts that texts are dealt to")


def run(args: argparse.Namespace) -> int:
    """Read, teach, write and tell."""
    from rich.console import Console
    from rich.progress import Progress

    from gemsieve.filters.pii.labelled import LabelledError
    from gemsieve.model.checkpoints.about import CheckpointError
    from gemsieve.model.probe.parts import Wanted
    from gemsieve.model.probe.saved import FILE
    from gemsieve.model.probe.teach import teach

    console = Console(stderr=True)
    try:
        wanted = Wanted(args.labels, args.layer, args.width, args.held_out, args.seed)
        rows = rows_of(args, wanted)
        with Progress(console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("reading", total=None)
            probe = teach(
                args.model,
                rows,
                wanted,
                lambda done, most: bar.update(task, completed=done, total=most),
            )
    except (LabelledError, CheckpointError, ValueError) as error:
        raise UsageError(str(error)) from None
    except (OSError, ArithmeticError) as error:
        raise UsageError(f"{args.model}: {error}") from None
    tell(probe)
    print(f"written to {args.model / FILE}; in a policy: [detectors.probe] model = ...")
    return 0


def rows_of(args: argparse.Namespace, wanted: Wanted) -> list[Row]:
    """Return the rows of all files; lines that were left out are told of on the error stream."""
    from gemsieve.cli.eval_scores import complain
    from gemsieve.model.probe.rows import Fields, read

    fields, rows = Fields(wanted.labels, args.text_field, args.prompt_field), []
    for path in args.data:
        found = read(path, fields)
        complain(path, found.faults)
        rows += found.rows
    return rows


def tell(probe: Probe) -> None:
    """Print what came of it."""
    figures = probe.figures
    tried = ", ".join(f"{layer}: {area:.3f}" for layer, area in figures["auc_by_layer"].items())
    print(f"layer {probe.layer} (AUC by layer on the texts for the curve: {tried})")
    texts = figures["texts"]
    print(f"texts: {texts['weights']:,} for the weights, {texts['curve']:,} for the curve,", end="")
    print(f" {texts['figures']:,} for the figures")
    for label, found in figures["labels"].items():
        low, high = found["interval"]
        true = " + ".join(f"{count:,}" for count in found["true"].values())
        print(
            f"{label}: AUC {found['auc']:.3f} ({low:.3f} to {high:.3f}), calibration error"
            f" {found['calibration_error']:.3f}; true of {true}"
        )
        if low <= 0.5:
            print(f"{label}: no better than chance, as far as these texts show")
