"""`metrics.jsonl`: one JSON object a recorded step, without times, so that equal runs are equal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gemsieve.pipeline.storage import write_atomically

FILE_NAME = "metrics.jsonl"


def append(run: Path, entry: dict[str, Any]) -> None:
    """Add one line."""
    with (run / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def read(run: Path) -> list[dict[str, Any]]:
    """Return the entries; a last line that a crash cut short is left out."""
    path = run / FILE_NAME
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def rewind(run: Path, step: int) -> None:
    """Forget what was recorded after a step: the run goes on from there."""
    kept = [json.dumps(entry) + "\n" for entry in read(run) if entry["step"] <= step]
    write_atomically(run / FILE_NAME, "".join(kept).encode())
