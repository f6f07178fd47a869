"""Where chats and pairs of answers lie, and what vouches for them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemsieve.model.training.examples import ExamplesError, read_rows
from gemsieve.pipeline.manifest import NAME, Manifest, sha256_of, verify


@dataclass(frozen=True)
class Conversations:
    """Hold files of rows, in order.

    Attributes:
        name: What errors call them.
        files: `.parquet` or `.jsonl`.
        manifests: Those that vouch for them.
        unverified: SHA-256 (hex) of the files that no manifest vouches for; empty without.
    """

    name: str
    files: Sequence[Path]
    manifests: Sequence[Manifest]
    unverified: str = ""

    def rows(self) -> Iterator[Any]:
        """Yield the rows of all files."""
        for path in self.files:
            yield from read_rows(path)


def open_conversations(places: Sequence[Path], *, unverified: bool) -> Conversations:
    """Find files of chats or of pairs.

    Args:
        places: Folders that `gemsieve filter` wrote, whose kept shards hold them; or, where nothing
            need vouch for them, other folders and files.
        unverified: Nothing need.

    Raises:
        ManifestError: A folder is no finished, untouched output of a filter job.
        ExamplesError: Nothing vouches for a place, or there is nothing.
    """
    files: list[Path] = []
    loose: list[Path] = []
    manifests = []
    for place in places:
        if (place / NAME).exists():
            manifests.append(verify(place))
            files += manifests[-1].kept
            continue
        if not unverified:
            raise ExamplesError(
                f"{place}: nothing vouches for what is there: name a folder that `gemsieve filter`"
                " wrote, or say --unverified"
            )
        found = _within(place)
        loose, files = loose + found, files + found
    seen = "".join(sha256_of(path) for path in loose)
    digest = hashlib.sha256(seen.encode()).hexdigest() if loose else ""
    return Conversations(" and ".join(map(str, places)), files, manifests, digest)


def _within(place: Path) -> list[Path]:
    """Return a file, or a folder's files of rows by their names."""
    if place.is_file():
        return [place]
    found = sorted(path for path in place.rglob("*") if path.suffix in {".jsonl", ".parquet"})
    if not found:
        raise ExamplesError(f"{place}: holds no .jsonl or .parquet file")
    return found
