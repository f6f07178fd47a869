"""The export has the documented shape of the Dolma toolkit, and each span is what was found."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from gemsieve.cli import main
from gemsieve.filters import Finding
from gemsieve.pipeline.annotate.annotate import schema as annotated_schema
from gemsieve.pipeline.annotate.annotations import FOLDER, Annotations
from gemsieve.pipeline.manifest import Manifest, write
from gemsieve.pipeline.write import ShardWriter, schema

SHARD = "00000-of-00001.parquet"
TEXT = "Écrivez à jane@example.com 😀"
MAIL = Finding("pii.email_address", 0.5, (10, 26))
WORDS = Finding("quality.gopher.word_count", 4.0)


def annotated(folder: Path) -> Path:
    """Write annotations of a text and of a record without one."""
    folder.mkdir()
    with ShardWriter(folder, folder, FOLDER, SHARD, annotated_schema(("url",))) as writer:
        writer.write(
            {
                "id": ["a:1", "a:2"],
                "source": ["a", "a"],
                "text": [TEXT, None],
                "fault": [None, "blank_line"],
                "columns": [{"url": "u"}, None],
                "findings": [[WORDS, MAIL], []],
            }
        )
        shard = writer.publish()
    assert shard is not None
    piece = {"source": "a", "kind": "jsonl", "start": 0, "end": None, "first": 1, "size": 1}
    piece["records"] = 2
    counts = {"in": 2, "annotated": 1, "unreadable": 1}
    Annotations(folder, {}, [], {"stored": ["url"]}, [piece], counts, [shard], "0").write()
    return folder


def kept(folder: Path) -> Path:
    """Write a job's output: a text that was kept as it was, and one that was redacted."""
    folder.mkdir()
    with ShardWriter(folder, folder, "kept", SHARD, schema("kept", ("url",))) as writer:
        writer.write(
            {
                "id": ["a:1", "a:2"],
                "source": ["a", "a"],
                "text": [TEXT, "Écrivez à <EMAIL_ADDRESS> 😀"],
                "action": ["keep", "redact"],
                "reasons": [[], ["pii.email_address"]],
                "findings": [[WORDS, MAIL], [WORDS, MAIL]],
                "url": ["u", None],
            }
        )
        shard = writer.publish()
    assert shard is not None
    counts = {"in": 2, "kept": 2, "dropped": 0, "quarantined": 0}
    write(Manifest(folder, {"name": "x", "sha256": ""}, [], [], counts, [shard], "0"))
    return folder


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a compressed file of lines."""
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def exported(folder: Path, target: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Export by the command and return documents and attributes."""
    assert main(["export", "dolma", str(folder), "--output", str(target)]) == 0
    name = "00000-of-00001.jsonl.gz"
    return lines(target / "documents" / name), lines(target / "attributes" / "gemsieve" / name)


def test_annotations_have_all_places(tmp_path: Path) -> None:
    """Each finding is a span of the very text, and a record without a text is no document."""
    documents, attributes = exported(annotated(tmp_path / "ann"), tmp_path / "dolma")
    assert documents == [{"id": "a:1", "text": TEXT, "source": "a", "metadata": {"url": "u"}}]
    assert attributes == [
        {
            "source": "a",
            "id": "a:1",
            "attributes": {
                "gemsieve__quality__gopher__word_count": [[0, len(TEXT), 4.0]],
                "gemsieve__pii__email_address": [[10, 26, 0.5]],
            },
        }
    ]
    start, end, _ = attributes[0]["attributes"]["gemsieve__pii__email_address"][0]
    assert TEXT[start:end] == "jane@example.com"


def test_a_changed_text_has_no_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a redacted document only what is about the whole text is told, over its new length."""
    documents, attributes = exported(kept(tmp_path / "out"), tmp_path / "dolma")
    assert [row["id"] for row in documents] == [row["id"] for row in attributes] == ["a:1", "a:2"]
    assert documents[1]["metadata"] == {
        "url": None,
        "action": "redact",
        "reasons": ["pii.email_address"],
    }
    assert "gemsieve__pii__email_address" in attributes[0]["attributes"]
    whole = {"gemsieve__quality__gopher__word_count": [[0, len(documents[1]["text"]), 4.0]]}
    assert attributes[1]["attributes"] == whole
    assert "2 documents; 1 were changed" in capsys.readouterr().out


def test_an_export_is_whole_or_not_at_all(tmp_path: Path) -> None:
    """A taken folder, a stranger and a changed shard are refused, and leave nothing behind."""
    folder = kept(tmp_path / "out")
    target = tmp_path / "dolma"
    exported(folder, target)
    assert main(["export", "dolma", str(folder), "--output", str(target)]) == 2
    assert main(["export", "dolma", str(tmp_path), "--output", str(tmp_path / "b")]) == 2
    content = (folder / "kept" / SHARD).read_bytes()
    (folder / "kept" / SHARD).write_bytes(content[:-1] + b"x")
    assert main(["export", "dolma", str(folder), "--output", str(tmp_path / "b")]) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"out", "dolma"}
