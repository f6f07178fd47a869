"""`gemsieve split`: cut a compressed file of JSON lines, which a job could not enter."""

from __future__ import annotations

import argparse
from pathlib import Path

from gemsieve.cli import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", metavar="FILE", help="JSON lines (.gz, .zst, .bz2 or plain)")
    parser.add_argument("--output", required=True, metavar="DIR", help="a new folder")
    parser.add_argument(
        "--size", type=float, default=64, metavar="MB", help="of a piece on disk (default 64)"
    )


def run(args: argparse.Namespace) -> int:
    """Cut the file and print what became of it."""
    from gemsieve.pipeline.reading.slices import InputError
    from gemsieve.pipeline.reading.split import split

    if not args.size > 0:
        raise UsageError("--size: must be above 0")
    try:
        pieces = split(args.file, Path(args.output), int(args.size * 1e6) or 1)
    except InputError as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"{error.filename or args.file}: {error.strerror or error}") from None
    print(f"{len(pieces):,} pieces in {args.output}")
    return 0
