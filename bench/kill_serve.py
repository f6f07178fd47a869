"""Kill a server again and again in the middle of its streams, and look for what its log lost.

    python bench/kill_serve.py [--kills 20] [--seed 0]

A tiny model is served with an audit log; three clients stream, two have texts judged. The server
gets SIGKILL as text has just come, at a random moment at which all streams are under way, and is
started again on the same log. Prints, as JSON, how much the clients got, what the log has of it,
and what it says of itself.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import tests.conftest  # noqa: F401 - a program of JAX's is compiled once
from tests.safety.audit_log.conftest import KEY
from tests.safety.audit_log.killed import STREAMS, killed, lost, prepared

from gemsieve.safety.audit_log import Segments, beside, verify

LATEST = 1.0  # seconds after all streams have begun


def main() -> None:
    """Kill, and count."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = prepared(folder)
        gone = [killed(options, rng.uniform(0.0, LATEST)) for _ in range(args.kills)]
        log = folder / "log"
        accounts = verify(Segments(log), KEY, [beside(log)])
        streams = [one for got in gone for mine in got.streams for one in mine]
        told = {
            "kills": len(gone),
            "in the middle of three streams": sum(got.begun == STREAMS for got in gone),
            "streams": len(streams),
            "of which cut": sum(not one.ended for one in streams),
            "characters that came": sum(len(one.text) for one in streams),
            "whole answers": sum(len(mine) for got in gone for mine in got.whole),
            "requests of which something is not recorded": sum(len(lost(log, got)) for got in gone),
            "records": sum(account.records for account in accounts),
            "writers": len(accounts),
            "faults": [account.fault for account in accounts if account.fault],
        }
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
