"""`gemsieve teach`: what a teacher says of every row that a run would train on, to files."""

from __future__ import annotations

import argparse
from pathlib import Path

from gemsieve.cli import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("config", type=Path, help="the settings of the run to come")
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        action="append",
        metavar="DIR",
        help="a folder written by `gemsieve filter`; several as the run will have them",
    )
    parser.add_argument(
        "--unverified", action="store_true", help="nothing need vouch for the data, as in the run"
    )
    parser.add_argument(
        "--tokens",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="what `gemsieve tokenize` wrote of the data; for each --data, in the same order",
    )
    parser.add_argument("--teacher", type=Path, required=True, metavar="MODEL", help="whom to ask")
    parser.add_argument(
        "--output", type=Path, required=True, help="a new folder; goes on with what was begun there"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="TABLE.KEY=VALUE",
        help="change one setting, e.g. distillation.likeliest=64; may be repeated",
    )


def run(args: argparse.Namespace) -> int:
    """Ask the teacher and say how much came of it."""
    from rich.console import Console
    from rich.progress import Progress

    from gemsieve.model.checkpoints.about import CheckpointError
    from gemsieve.model.training.data.tokens import TokensError
    from gemsieve.model.training.distillation.lessons import LessonsError
    from gemsieve.model.training.distillation.teach import teach
    from gemsieve.model.training.inputs import Inputs
    from gemsieve.model.training.settings import read_settings
    from gemsieve.pipeline.manifest import ManifestError
    from gemsieve.pipeline.reading.files import InputError

    console = Console(stderr=True)
    inputs = Inputs(
        data=tuple(args.data),
        tokens=tuple(args.tokens),
        teacher=args.teacher,
        unverified=args.unverified,
    )
    try:
        settings = read_settings(args.config, args.set)
        with Progress(console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("asking", total=None)
            made = teach(
                settings,
                inputs,
                args.output,
                lambda done, all_rows: bar.update(task, completed=done, total=all_rows),
            )
    except (
        ManifestError,
        InputError,
        TokensError,
        CheckpointError,
        LessonsError,
        ValueError,
    ) as error:
        raise UsageError(str(error)) from None
    size = sum((args.output / name).stat().st_size for name in made.files)
    tokens = made.rows * made.length
    print(f"{made.rows:,} rows of {made.length:,} tokens, {size / tokens:.0f} bytes a token")
    print(f"learn from them: gemsieve train {args.config} --teacher {args.output} ...")
    return 0
