"""`gemsieve serve`: the moderation service."""

from __future__ import annotations

import argparse
import sys

from gemsieve.cli import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--host", default="127.0.0.1", help="address (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8080, metavar="N", help="default 8080")
    parser.add_argument("--policy", metavar="FILE", help="policy (TOML); else the shipped default")


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop."""
    import uvicorn

    from gemsieve.filters import load_filter
    from gemsieve.filters.policy_file import PolicyError
    from gemsieve.safety.api import create_app

    try:
        app = create_app(load_filter(args.policy))
    except (PolicyError, LookupError) as error:
        raise UsageError(str(error)) from None
    print(f"gemsieve serves on http://{args.host}:{args.port}/v1/moderations", file=sys.stderr)
    # No access log: a URL may hold what its user typed.
    uvicorn.run(app, host=args.host, port=args.port, log_level="warning", access_log=False)
    return 0
