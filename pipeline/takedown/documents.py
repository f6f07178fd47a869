"""Carry an output's documents over to the folder without the records that were taken down."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gemsieve.pipeline.manifest import Manifest, Shard
from gemsieve.pipeline.report import card, croissant

NOTE = """
## Taken down

{} records were removed after the job. The figures above are of the job, before that; the manifest
counts what is left.
"""


def carry_documents(
    folder: Path, books: Manifest, draft: Path, shards: Sequence[Shard], removed: int
) -> list[dict[str, str]]:
    """Write the documents that an output has, made true, and return what the manifest says of them.

    The report is none of them and stays behind: it may name records that went.
    """
    made = {card.NAME: with_note, croissant.NAME: with_files}
    found = []
    for name, mend in made.items():
        path = folder / name
        if any(document["path"] == name for document in books.documents) and path.is_file():
            content = mend(path.read_text("utf-8"), shards, removed).encode()
            (draft / name).write_bytes(content)
            found.append({"path": name, "sha256": hashlib.sha256(content).hexdigest()})
    return found


def with_note(text: str, _shards: Sequence[Shard], removed: int) -> str:
    """Return a card that tells of the takedown at its end."""
    return text.rstrip("\n") + "\n" + NOTE.format(f"{removed:,}")


def with_files(text: str, shards: Sequence[Shard], _removed: int) -> str:
    """Return a Croissant document whose files are those that are left."""
    body: dict[str, Any] = json.loads(text)
    left = {shard.path: shard for shard in shards}
    files = []
    for entry in body["distribution"]:
        if "sha256" in entry:
            if entry["@id"] not in left:
                continue
            shard = left[entry["@id"]]
            entry |= {"contentSize": f"{shard.bytes} B", "sha256": shard.sha256}
        files.append(entry)
    none = not any("sha256" in entry for entry in files)
    body |= {"distribution": [], "recordSet": []} if none else {"distribution": files}
    return json.dumps(body, indent=1, ensure_ascii=False) + "\n"
