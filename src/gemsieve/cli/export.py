"""`gemsieve export`: write records and findings in the form of another toolkit."""

from __future__ import annotations

import argparse
from pathlib import Path

from gemsieve.cli import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("form", choices=("dolma",), help="whose form")
    parser.add_argument(
        "folder", metavar="OUT", help="what `gemsieve filter`, `decide` or `annotate` wrote"
    )
    parser.add_argument("--output", required=True, metavar="DIR", help="a new folder")


def run(args: argparse.Namespace) -> int:
    """Write the export and print how much it holds."""
    from gemsieve.pipeline.annotate.export_dolma import ExportError, export
    from gemsieve.pipeline.manifest import ManifestError

    try:
        written, changed = export(Path(args.folder), Path(args.output))
    except (ExportError, ManifestError) as error:
        raise UsageError(str(error)) from None
    print(f"{written:,} documents; {changed:,} were changed and have no places of findings")
    return 0
