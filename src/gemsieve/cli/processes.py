"""Options of a command that several processes run together, each on devices of its own."""

from __future__ import annotations

import argparse

from gemsieve.cli import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    group = parser.add_argument_group("several hosts, each of which runs this command")
    group.add_argument(
        "--distributed",
        action="store_true",
        help="hosts find each other as a TPU pod, Slurm or OpenMPI tells them",
    )
    group.add_argument("--coordinator", metavar="HOST:PORT", help="or: where the first process is")
    group.add_argument("--processes", type=int, metavar="N", help="how many there are")
    group.add_argument("--process", type=int, metavar="I", help="which one this is, from 0")


def join(args: argparse.Namespace) -> bool:
    """Join the others, if there are any, and tell whether this process speaks for all.

    Raises:
        UsageError: Too little is given, or the others cannot be found.
    """
    told = (args.coordinator, args.processes, args.process)
    given = [value is not None for value in told]
    if any(given) and not all(given):
        raise UsageError("--coordinator, --processes and --process go together")
    if not (args.distributed or any(given)):
        return True
    from gemsieve.model.training.hosts import connect

    try:
        return connect(*told) == 0
    except ValueError as error:
        raise UsageError(str(error)) from None
