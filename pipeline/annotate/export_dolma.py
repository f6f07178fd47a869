"""Write records and what was found in them in the form of the Dolma toolkit.

`documents/NAME.jsonl.gz` and, line by line beside it, `attributes/gemsieve/NAME.jsonl.gz`, as that
toolkit's docs/data-format.md has them (github.com/allenai/dolma): its taggers write the same, and
its mixer selects by it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gemsieve.pipeline.annotate.annotations import NAME as ANNOTATIONS
from gemsieve.pipeline.annotate.annotations import read_annotations
from gemsieve.pipeline.manifest import stem, verify
from gemsieve.pipeline.write_lines import compressing

NAME = "gemsieve"  # of the attributes, and the first part of each one's name
BATCH_ROWS = 1000
OURS = ("id", "source", "text", "action", "reasons", "findings", "transforms", "groups")


class ExportError(Exception):
    """The export cannot be written; says why and what to do."""


def export(folder: Path, target: Path) -> tuple[int, int]:
    """Write what a job kept, or what was annotated, into a new folder, whole or not at all.

    Returns:
        How many documents there are, and of how many the places are left out: their text was
        changed after it was read, and offsets are those of the text as it was.

    Raises:
        ManifestError: The folder is neither, or was changed.
        ExportError: The target exists.
    """
    if target.exists():
        raise ExportError(f"{target}: exists; name a new folder")
    draft = target.with_name(f".{target.name}.export")
    shutil.rmtree(draft, ignore_errors=True)  # what a killed export left
    written = changed = 0
    try:
        for path in shards(folder):
            name = f"{stem(path.name)}.jsonl.gz"
            places = draft / "documents" / name, draft / "attributes" / NAME / name
            for n, moved in pairs(rows(path), *places):
                written, changed = written + n, changed + moved
        if not written:
            raise ExportError(f"{folder}: holds no record to export")
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return written, changed


def shards(folder: Path) -> list[Path]:
    """Return the proven shards of texts in a folder.

    Raises:
        ManifestError: It holds neither annotations nor a finished job, or something else now.
    """
    if not (folder / ANNOTATIONS).exists():
        return list(verify(folder).kept)
    stored = read_annotations(folder)
    for piece in stored.plan():
        stored.prove(piece)
    return [folder / shard.path for shard in stored.shards]


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a shard that have a text."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH_ROWS):
            yield from (row for row in batch.to_pylist() if row["text"] is not None)


def pairs(
    records: Iterator[dict[str, Any]], documents: Path, attributes: Path
) -> Iterator[tuple[int, int]]:
    """Write a file of each kind; yield for each record 1, and 1 if its places are left out."""
    import orjson

    for place in (documents, attributes):
        place.parent.mkdir(parents=True, exist_ok=True)
    with (
        documents.open("wb") as one,
        attributes.open("wb") as two,
        compressing(one, "gz") as texts,
        compressing(two, "gz") as found,
    ):
        for row in records:
            moved = row.get("action", "keep") != "keep" or bool(row.get("transforms"))
            texts.write(orjson.dumps(document(row), option=orjson.OPT_APPEND_NEWLINE))
            said = {"source": row["source"], "id": row["id"], "attributes": spans(row, moved=moved)}
            found.write(orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE))
            yield 1, int(moved)


def document(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as a document; what else is known of it is its metadata."""
    more = {name: value for name, value in row.items() if name not in OURS}
    more |= more.pop("columns", None) or {}
    more.pop("fault", None)
    more |= {name: row[name] for name in ("action", "reasons") if name in row}
    return {"id": row["id"], "text": row["text"], "source": row["source"], "metadata": more}


def spans(row: Mapping[str, Any], *, moved: bool) -> dict[str, list[tuple[int, int, float]]]:
    """Return the findings of a record by attribute: start, end and score of each.

    A finding about the whole text spans it. Of a text that was changed there are no others.
    """
    found: dict[str, list[tuple[int, int, float]]] = {}
    for finding in row["findings"]:
        whole = finding["start"] is None
        if whole or not moved:
            start, end = (0, len(row["text"])) if whole else (finding["start"], finding["end"])
            found.setdefault(attribute(finding["label"]), []).append((start, end, finding["score"]))
    return found


def attribute(label: str) -> str:
    """Return a label as Dolma names attributes: `gemsieve__quality__gopher__word_count`."""
    return "__".join([NAME, *label.split(".")])
