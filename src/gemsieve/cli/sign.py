"""`gemsieve sign`: sign for a finished output, after proving it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gemsieve.cli import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", metavar="OUT", help="a finished output")
    parser.add_argument(
        "--key", metavar="FILE", type=Path, required=True, help="private Ed25519 key (PEM)"
    )


def run(args: argparse.Namespace) -> int:
    """Verify, then sign; what does not verify is not signed."""
    from gemsieve.pipeline import manifest, signature
    from gemsieve.pipeline.storage import location

    folder = location(args.folder)
    try:
        key = signature.private_key(args.key)
        manifest.verify(folder)
        print(f"{signature.sign(folder, key)}: signed")
    except signature.KeyFileError as error:
        raise UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[pipeline]'") from None
    except manifest.ManifestError as error:
        print(f"gemsieve sign: {error}", file=sys.stderr)
        return 1
    return 0
