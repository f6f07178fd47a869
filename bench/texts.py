"""The texts that benchmarks run on: a file's, or the documentation of the installed packages."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path


def until(texts: Iterable[str], size: float) -> list[str]:
    """Return the first of the texts, up to a size in bytes of UTF-8."""
    taken: list[str] = []
    for text in texts:
        if size <= 0:
            break
        taken.append(text)
        size -= len(text.encode())
    return taken


def read_texts(path: Path | None, limit: int | None = None) -> list[str]:
    """Return the field `text` of a JSONL file's records, plain or gzip, or some 2,000 documents."""
    if path is None:
        from gemsieve.cli.demo_documents import documents

        return documents(limit or 2000)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in islice(lines, limit)]
