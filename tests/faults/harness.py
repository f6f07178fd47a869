"""Run commands in forks of a warm process, with a fault in them, and look at what they leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SITE = HERE / "site"
OUTCOMES = ("kept", "dropped", "quarantined")
PATIENCE = 240  # seconds for one command, on a busy machine


@dataclass(frozen=True)
class Said:
    """How a command ended, what it printed, and how many of its processes outlived it."""

    status: int
    words: str
    left: int


class Zygote:
    """The warm process."""

    def __init__(self) -> None:
        search = os.pathsep.join([str(SITE), *filter(None, sys.path)])
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(HERE / "zygote.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PYTHONPATH": search, "PYTHONWARNINGS": "ignore"},
        )
        self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())

    def run(
        self,
        arguments: Sequence[str],
        fault: Mapping[str, Any] | None = None,
        settings: Sequence[tuple[str, str, object]] = (),
    ) -> Said:
        """Run a command of gemsieve to its end, whatever that is."""
        request = {
            "arguments": list(arguments),
            "environment": {},
            "fault": fault,
            "set": list(settings),
            "seconds": PATIENCE,
        }
        assert self._process.stdin
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return Said(**self._answer())

    def close(self) -> None:
        """End it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def tree(folder: Path) -> dict[str, str]:
    """Return the digest of every file but the report's, whose timings differ."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != "report"
    }


def rows(folder: Path, outcome: str) -> list[dict[str, Any]]:
    """Return an outcome's rows; every shard has to be whole."""
    import pyarrow.parquet as pq

    paths = sorted((folder / outcome).glob("*"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def ids(folder: Path) -> Counter[str]:
    """Return how often each record is in the shards."""
    return Counter(row["id"] for outcome in OUTCOMES for row in rows(folder, outcome))
