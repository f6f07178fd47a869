"""`gemsieve teach`: what a teacher says of every row that a run would train on, to files."""

from __future__ import annotations

import argparse
from pathlib import Path

from gemsieve.cli import run_inputs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    run_inputs.add_arguments(parser)
    parser.add_argument("--teacher", type=Path, required=True, metavar="MODEL", help="whom to ask")
    parser.add_argument(
        "--output", type=Path, required=True, help="a new folder; goes on with what was begun there"
    )


def run(args: argparse.Namespace) -> int:
    """Ask the teacher and say how much came of it."""
    from rich.console import Console
    from rich.progress import Progress

    from gemsieve.model.training.distillation.teach import teach
    from gemsieve.model.training.settings import read_settings

    console = Console(stderr=True)
    with run_inputs.mistakes_told():
        settings = read_settings(args.config, args.set)
        with Progress(console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("asking", total=None)
            made = teach(
                settings,
                run_inputs.inputs_of(args),
                args.output,
                lambda done, all_rows: bar.update(task, completed=done, total=all_rows),
            )
    size = sum((args.output / name).stat().st_size for name in made.files)
    tokens = made.rows * made.length
    print(f"{made.rows:,} rows of {made.length:,} tokens, {size / tokens:.0f} bytes a token")
    print(f"learn from them: gemsieve train {args.config} --teacher {args.output} ...")
    return 0
