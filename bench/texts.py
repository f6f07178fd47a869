"""The texts that benchmarks run on: a file's, or the documentation of the installed packages."""

from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path


def read_texts(path: Path | None, limit: int | None = None) -> list[str]:
    """Return the field `text` of a JSONL file's records, plain or gzip, or some 2,000 documents."""
    if path is None:
        from gemsieve.cli.demo_documents import documents

        return documents(limit or 2000)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in islice(lines, limit)]
