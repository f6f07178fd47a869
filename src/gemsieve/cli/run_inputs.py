"""The options by which `train` and `teach` are told what a run reads."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError

if TYPE_CHECKING:
    from gemsieve.model.training.inputs import Inputs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the configuration, changes to it, and the options of the data."""
    parser.add_argument("config", type=Path, help="settings, e.g. configs/train/tiny.toml")
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        action="append",
        metavar="DIR",
        help="a folder written by `gemsieve filter`; several are mixed (data.weights)",
    )
    parser.add_argument(
        "--unverified",
        action="store_true",
        help="nothing need vouch for the data; every checkpoint will say so",
    )
    parser.add_argument(
        "--tokens",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="what `gemsieve tokenize` wrote of the data; for each --data, in the same order",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="TABLE.KEY=VALUE",
        help="change one setting, e.g. train.steps=1000; may be repeated",
    )


def inputs_of(args: argparse.Namespace) -> Inputs:
    """Return what the options name."""
    from gemsieve.model.training.inputs import Inputs

    return Inputs(
        data=tuple(args.data),
        tokens=tuple(args.tokens),
        init=getattr(args, "init", None),
        teacher=args.teacher,
        unverified=args.unverified,
    )


@contextmanager
def mistakes_told() -> Iterator[None]:
    """Let what is wrong with inputs, settings or a run be told in a line.

    Raises:
        UsageError: Something is.
    """
    from gemsieve.model.checkpoints.about import CheckpointError
    from gemsieve.model.training.data.tokens import TokensError
    from gemsieve.model.training.distillation.lessons import LessonsError
    from gemsieve.model.training.tuning.examples import ExamplesError
    from gemsieve.model.training.watching.record import TrainingError
    from gemsieve.pipeline.manifest import ManifestError
    from gemsieve.pipeline.reading.files import InputError

    of_inputs = (ManifestError, InputError, TokensError, ExamplesError, LessonsError)
    try:
        yield
    except (*of_inputs, CheckpointError, TrainingError, ValueError) as error:
        raise UsageError(str(error)) from None
