"""`gemsieve inspect`: look at what a job kept, dropped and quarantined, and mark what is wrong."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError

if TYPE_CHECKING:
    from gemsieve.pipeline.inspector.api import Inspector


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "folder",
        metavar="OUT",
        help="a folder written by `gemsieve filter` or `gemsieve annotate`",
    )
    parser.add_argument(
        "--input",
        nargs="+",
        action="extend",
        default=[],
        metavar="PATTERN",
        help="the job's inputs: what was dropped, and texts as they were read, are shown from them",
    )
    parser.add_argument("--port", type=int, default=0, metavar="N", help="default 0: any free one")
    parser.add_argument(
        "--no-open", action="store_true", help="print the address and open no browser"
    )
    parser.add_argument(
        "--marks", type=Path, metavar="FILE", help="where marks are kept (OUT.marks.sqlite)"
    )
    parser.add_argument(
        "--export", metavar="FILE", help="write the marks as labelled texts and stop; - for stdout"
    )
    parser.add_argument(
        "--for",
        dest="purpose",
        choices=("all", "toxicity", "pii"),
        default="all",
        help="export what `gemsieve eval toxicity` or `gemsieve eval pii` can read (default all)",
    )


def run(args: argparse.Namespace) -> int:
    """Export, or serve until told to stop."""
    try:
        from gemsieve.pipeline.inspector.marks import MarksError
        from gemsieve.pipeline.manifest import ManifestError
        from gemsieve.pipeline.reading.slices import InputError

        inspector = opened(args)
        with closing(inspector.marks):
            return exported(inspector, args) if args.export else served(inspector, args)
    except (ManifestError, MarksError, InputError) as error:
        raise UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[pipeline]'") from None


def opened(args: argparse.Namespace) -> Inspector:
    """Return the inspector of a folder."""
    from gemsieve.pipeline.inspector.api import Inspector
    from gemsieve.pipeline.inspector.marks import ENDING, Marks
    from gemsieve.pipeline.inspector.original import Originals
    from gemsieve.pipeline.inspector.output import open_output
    from gemsieve.pipeline.reading.files import is_remote

    if is_remote(args.folder):
        raise UsageError(f"{args.folder}: copy the folder to a local disk to look at it here")
    folder = Path(args.folder).resolve()
    output = open_output(folder)
    originals = Originals(output, args.input) if args.input else None
    marks = Marks(args.marks or folder.with_name(folder.name + ENDING), output.book)
    return Inspector(output, marks, originals)


def exported(inspector: Inspector, args: argparse.Namespace) -> int:
    """Write the marks as labelled texts; status 1 where some could not be."""
    from gemsieve.pipeline.inspector.export import export
    from gemsieve.pipeline.storage import write_atomically

    found = export(inspector.records, inspector.marks, args.purpose)
    content = "".join(found.lines).encode()
    if args.export == "-":
        sys.stdout.buffer.write(content)
    else:
        write_atomically(Path(args.export), content)
    told = [f"{len(found.lines):,} records exported"]
    if found.undecided:
        told.append(f"{found.undecided:,} left out: their marks do not tell what it asks")
    if found.textless:
        told.append(f"{found.textless:,} left out: their texts are not stored; give --input")
    print("gemsieve inspect: " + "; ".join(told), file=sys.stderr)
    return 1 if found.textless else 0


def served(inspector: Inspector, args: argparse.Namespace) -> int:
    """Serve the page until told to stop."""
    import webbrowser

    from gemsieve.pipeline.inspector.server import Server

    if not 0 <= args.port <= 65535:
        raise UsageError(f"--port {args.port}: must be 0..65535")
    try:
        server = Server(inspector, args.port)
    except OSError as error:
        raise UsageError(f"cannot listen on port {args.port}: {error.strerror}") from None
    print(f"gemsieve inspect: {server.url}", flush=True)
    print(
        "gemsieve inspect: whoever has the address sees the texts; Ctrl-C ends it", file=sys.stderr
    )
    inspector.facets.begin()
    if not args.no_open:
        webbrowser.open(server.url)
    try:
        server.serve_forever()
    finally:
        server.server_close()
    return 0
