"""Marked texts: the shapes that are read, and the mistakes that are named without their words."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from gemsieve.filters.pii.evaluate import Mark
from gemsieve.filters.pii.labelled import Labelled, LabelledError, digest, read

TEXT = "Ask Jane 😀 now"
MARK = Mark("PERSON", 4, 8)


def written(path: Path, *rows: object) -> Path:
    """Write objects, one a line."""
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["set.jsonl", "set.jsonl.gz"])
def test_shapes_and_packing(tmp_path: Path, name: str) -> None:
    """Our names and presidio-research's say the same, plain and packed; the rest is not read."""
    span = {"start": 4, "end": 8, "label": "PERSON", "value": "Jane"}
    research = {"start_position": 4, "end_position": 8, "entity_type": "PERSON"}
    path = written(
        tmp_path / name,
        {"text": TEXT, "spans": [span], "lang": "en"},
        {"full_text": TEXT, "spans": [research], "masked": None},
        {"text": TEXT, "spans": [{"start": 4, "end": 8, "type": "PERSON"}]},
        {"text": "", "spans": []},
    )
    assert read(path) == [
        *(Labelled(number, TEXT, (MARK,)) for number in (1, 2, 3)),
        Labelled(4, "", ()),
    ]


def test_other_fields(tmp_path: Path) -> None:
    """A text and spans may stand elsewhere; then they are not looked for where they usually do."""
    row = {"body": TEXT, "text": 5, "entities": [{"start": 4, "end": 8, "label": "PERSON"}]}
    path = written(tmp_path / "set.jsonl", row)
    assert read(path, "body", "entities")[0].marks == (MARK,)
    with pytest.raises(LabelledError, match="line 1: content: missing"):
        read(path, "content", "entities")


def marked(**changes: object) -> dict[str, object]:
    """Return a row with one span, some of whose fields are changed, or gone when None."""
    span = {"start": 4, "end": 8, "label": "PERSON", **changes}
    return {"text": TEXT, "spans": [{k: v for k, v in span.items() if v is not None}]}


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (["Jane"], "must be an object, not an array"),
        ({"spans": []}, "text: missing"),
        ({"text": TEXT}, "spans: missing"),
        ({"text": ["Jane"], "spans": []}, "text: must be a string, not an array"),
        ({"text": None, "spans": []}, "text: must be a string, not null"),
        ({"full_text": 5, "spans": []}, "full_text: must be a string, not a number"),
        ({"text": TEXT, "spans": {"Jane": 1}}, "spans: must be an array, not an object"),
        ({"text": TEXT, "spans": ["Jane"]}, "spans[0]: must be an object, not a string"),
        (marked(start=None), "spans[0]: start: missing"),
        (marked(end=None), "spans[0]: end: missing"),
        (marked(label=None), "spans[0]: label: missing"),
        (marked(start="Jane"), "spans[0]: start: must be a whole number, not a string"),
        (marked(start=4.0), "spans[0]: start: must be a whole number, not a fraction"),
        (marked(end=True), "spans[0]: end: must be a whole number, not true or false"),
        (marked(label=["Jane"]), "spans[0]: label: must be a name, not an array"),
        (marked(label=""), "spans[0]: label: must be a name, not an empty string"),
        (marked(start=-1), "spans[0]: start: -1 is outside the text of 14 characters"),
        (marked(start=14, end=15), "spans[0]: start: 14 is outside the text of 14 characters"),
        (marked(end=15), "spans[0]: end: 15 is not in 5..14"),
        (marked(end=4), "spans[0]: end: 4 is not in 5..14"),
        ({"text": "", "spans": [{"start": 0, "end": 0, "label": "X"}]}, "spans[0]: start: 0 is"),
    ],
)
def test_mistakes(tmp_path: Path, row: object, fault: str) -> None:
    """Each is told with file, line and field, and with none of the file's words."""
    path = written(tmp_path / "set.jsonl", {"text": "", "spans": []}, row)
    with pytest.raises(LabelledError) as told:
        read(path)
    assert f"{path}: line 2: {fault}" in str(told.value)
    assert "Jane" not in str(told.value)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b'{"text": "Jane', "line 1: not JSON in UTF-8"),
        (b'{"text": "Jane\xff", "spans": []}', "line 1: not JSON in UTF-8"),
        (b"[" * 99999, "line 1: not JSON in UTF-8"),
        (b"\n", "line 1: not JSON in UTF-8"),
        (b"", "holds no line"),
    ],
)
def test_what_is_no_json(tmp_path: Path, line: bytes, fault: str) -> None:
    """Neither are the words of a broken line told."""
    path = tmp_path / "set.jsonl"
    path.write_bytes(line)
    with pytest.raises(LabelledError) as told:
        read(path)
    assert str(told.value) == f"{path}: {fault}"


def test_packed_files_that_are_damaged(tmp_path: Path) -> None:
    """One that is cut, one that is no gzip and one that is not there are told apart."""
    rows: list[Any] = [{"text": f"Jane {n}", "spans": []} for n in range(2000)]
    path = written(tmp_path / "set.jsonl.gz", *rows)
    whole = path.read_bytes()
    path.write_bytes(whole[:-2000])
    with pytest.raises(LabelledError, match="broken off or damaged after line"):
        read(path)
    path.write_bytes(whole[:50] + b"\x00" * 50 + whole[100:])
    with pytest.raises(LabelledError, match=r"broken off or damaged|not JSON|gzip"):
        read(path)
    path.write_bytes(b"Jane")
    with pytest.raises(LabelledError, match="not gzip"):
        read(path)
    for at in (read, digest):
        with pytest.raises(LabelledError, match="No such file"):
            at(tmp_path / "none.jsonl")


def test_the_digest_is_of_the_bytes(tmp_path: Path) -> None:
    """As a shell's sha256sum would have it."""
    path = written(tmp_path / "set.jsonl.gz", {"text": "", "spans": []})
    assert digest(path) == hashlib.sha256(path.read_bytes()).hexdigest()
