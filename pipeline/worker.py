"""A worker process of a local run: Beam's own, without its log in the user's terminal."""

from __future__ import annotations

import logging
import sys


def main() -> int:
    """Serve the runner that started this process, until it closes the connection."""
    # Beam sets the root logger to INFO, and a library's first warning would show it all. What
    # fails here is reported to the runner, which tells the user once.
    logging.getLogger().addHandler(logging.NullHandler())
    import grpc
    from apache_beam.runners.worker import sdk_worker_main

    try:
        sdk_worker_main.main(sys.argv)
    except grpc.RpcError:  # the runner is gone, and nobody is left to work for
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
