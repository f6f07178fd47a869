"""`gemsieve takedown`: take records out of a finished output, into a new folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError

if TYPE_CHECKING:
    from gemsieve.filters.operators.key import Key
    from gemsieve.pipeline.manifest import Manifest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", metavar="OUT", type=Path, help="a finished output")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--ids", metavar="FILE", type=Path, help="ids of records, one a line")
    what.add_argument("--urls", metavar="FILE", type=Path, help="URLs of records, one a line")
    parser.add_argument("--output", metavar="DIR", type=Path, required=True, help="a new folder")
    parser.add_argument(
        "--url-column", metavar="NAME", default="url", help="column of the URLs (default url)"
    )
    key = parser.add_mutually_exclusive_group()
    key.add_argument("--key-env", metavar="NAME", help="environment variable that holds a key")
    key.add_argument("--key-file", metavar="FILE", help="file that holds a key")


def run(args: argparse.Namespace) -> int:
    """Write the new folder and print its books."""
    from gemsieve.filters.policy_file import PolicyError
    from gemsieve.pipeline.manifest import ManifestError
    from gemsieve.pipeline.takedown.takedown import TakedownError, read_list, take_down

    try:
        listed = (
            read_list(args.ids, "ids")
            if args.ids
            else read_list(args.urls, "urls", args.url_column)
        )
        books = take_down(args.folder, args.output, listed, key_of(args))
    except (TakedownError, PolicyError) as error:
        raise UsageError(str(error)) from None
    except ManifestError as error:
        print(f"gemsieve takedown: {error}", file=sys.stderr)
        return 1
    print(summary(books, args.output))
    return 0


def key_of(args: argparse.Namespace) -> Key | None:
    """Return the key that was named, if any."""
    from gemsieve.filters.operators.key import KeySource

    if args.key_env is None and args.key_file is None:
        return None
    return KeySource(args.key_env, args.key_file, "--key-").load()


def summary(books: Manifest, output: Path) -> str:
    """Return what went and what is left, and what to do with the old folder."""
    last = books.takedowns[-1]
    gone = ", ".join(f"{n:,} {outcome}" for outcome, n in last["removed"].items() if n)
    lines = [f"removed: {gone}; of {last['listed']:,} listed, {last['unknown']:,} are not there"]
    if "list" not in last:
        lines.append("no digest of the list stands in the manifest: give --key-env or --key-file")
    lines.append(f"{output}: verified; it has no report: that of the job counts what was removed")
    lines.append("remove the old folder, which still holds what was removed")
    return "\n".join(lines)
