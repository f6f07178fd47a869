"""`gemsieve serve`: the moderation service."""

from __future__ import annotations

import argparse
import socket
import sys

from gemsieve.cli import UsageError, add_policy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--host", default="127.0.0.1", help="address (default 127.0.0.1)")
    parser.add_argument(
        "--port", type=int, default=8080, metavar="N", help="default 8080; 0 for any that is free"
    )
    add_policy(parser)


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop."""
    try:
        import uvicorn

        from gemsieve.safety.api import create_app
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[serve]'") from None
    from gemsieve.filters import load_filter
    from gemsieve.filters.policy_file import PolicyError

    try:
        app = create_app(load_filter(args.policy))
    except (PolicyError, LookupError) as error:
        raise UsageError(str(error)) from None
    listener = listen(args.host, args.port)
    host = f"[{args.host}]" if ":" in args.host else args.host
    port = listener.getsockname()[1]
    print(f"gemsieve serves on http://{host}:{port}/v1/moderations", file=sys.stderr, flush=True)
    # No access log: a URL may hold what its user typed.
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])
    return 0


def listen(host: str, port: int) -> socket.socket:
    """Open the socket first, so that the line about it is true, and names a port asked for by 0."""
    if not 0 <= port <= 65535:
        raise UsageError(f"--port {port}: must be 0..65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise UsageError(f"cannot listen on {host} port {port}: {error.strerror}") from None
