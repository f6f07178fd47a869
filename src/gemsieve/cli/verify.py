"""`gemsieve verify`: prove a finished output, file by file, and who signed it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError

if TYPE_CHECKING:
    from gemsieve.pipeline.manifest import Manifest

PASSES_ON = True  # flags by which Beam reaches a bucket


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", metavar="OUT", help="a finished output, here or in a bucket")
    parser.add_argument(
        "--key", metavar="FILE", type=Path, help="public Ed25519 key (PEM) that must have signed"
    )


def run(args: argparse.Namespace) -> int:
    """Prove the output and print its books; status 1 where it is not what was written."""
    from gemsieve.pipeline import manifest, signature
    from gemsieve.pipeline.job import RunnerError
    from gemsieve.pipeline.reading.files import configure, reason
    from gemsieve.pipeline.storage import Remote, location

    folder = location(args.folder)
    try:
        if args.rest:
            from gemsieve.pipeline import runners

            runners.check(args.rest, args.folder)
        configure([args.folder], args.rest)
        if args.key:
            signature.check(folder, signature.public_key(args.key))
        books = manifest.verify(folder)
        signed = (folder / signature.NAME).exists()
    except (signature.KeyFileError, RunnerError) as error:
        raise UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[pipeline]'") from None
    except manifest.ManifestError as error:
        print(f"gemsieve verify: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if not isinstance(folder, Remote):
            raise
        raise UsageError(f"{folder}: {reason(error)}") from None
    print("\n".join(told(books, args.key, signed=signed)))
    return 0


def told(books: Manifest, key: Path | None, *, signed: bool) -> Iterator[str]:
    """Yield what was proven."""
    counts, policy = books.counts, books.policy
    removed = counts.get("removed", 0)
    yield (
        f"{counts['in']:,} records in = {counts['kept']:,} kept + {counts['dropped']:,} dropped"
        f" + {counts['quarantined']:,} quarantined" + (f" + {removed:,} removed" * bool(removed))
    )
    yield f"shards: {len(books.shards):,}, all as they were written"
    yield f"policy: {policy['name']} {policy['sha256'][:12]}; manifest {books.digest}"
    if key:
        yield f"signature: by the key of {key.name}"
    elif signed:
        yield "signature: not checked; give the signer's public key with --key"
    else:
        yield "signature: none"
