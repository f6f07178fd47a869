"""What a run reads: vouched for by a manifest, or said not to be."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gemsieve.model.training.data.corpora import Corpus, open_corpus
from gemsieve.pipeline.manifest import NAME, ManifestError, verify
from gemsieve.pipeline.reading.files import InputError


def texts_of(corpus: Corpus) -> list[str]:
    """Return all texts in order."""
    return [text for batch in corpus.texts() for text in batch]


def write_lines(path: Path, texts: list[str]) -> Path:
    """Write texts as JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    return path


def test_a_manifest_vouches(data: Path, texts: list[str]) -> None:
    """A finished job's texts are read in its order under its digest, whatever may be unverified."""
    for unverified in (False, True):
        corpus = open_corpus(data, unverified=unverified)
        assert corpus.manifest == verify(data)
        assert (corpus.digest, corpus.fault) == (verify(data).digest, "")
        assert texts_of(corpus) == texts[0::2] + texts[1::2]


def without_manifest(folder: Path) -> None:
    """Take a job's manifest away."""
    (folder / NAME).unlink()


def with_another_text(folder: Path) -> None:
    """Change a kept shard."""
    pq.write_table(pa.table({"text": ["another"]}), next((folder / "kept").iterdir()))


@pytest.mark.parametrize("spoil", [without_manifest, with_another_text])
def test_what_nothing_vouches_for_is_read_where_asked(
    tmp_path: Path, data: Path, spoil: Callable[[Path], None]
) -> None:
    """It is refused, naming the option; with it, it is read, and says why nothing vouches."""
    folder = shutil.copytree(data, tmp_path / "copy")
    spoil(folder)
    with pytest.raises(ManifestError, match="--unverified") as refused:
        open_corpus(folder)
    corpus = open_corpus(folder, unverified=True)
    assert corpus.manifest is None
    assert f"{corpus.fault}; " in str(refused.value)
    assert str(tmp_path) not in corpus.fault
    kept = [pq.read_table(path)["text"].to_pylist() for path in sorted((folder / "kept").iterdir())]
    assert texts_of(corpus) == [text for shard in kept for text in shard]


def test_any_texts_are_read_where_asked(tmp_path: Path) -> None:
    """Files, folders of them and saved datasets; digests tell texts apart, not where they stand."""
    import datasets

    folder = tmp_path / "loose"
    file = write_lines(folder / "b" / "one.jsonl", ["first text", "second text"])
    pq.write_table(pa.table({"text": ["third text"]}), folder / "c.parquet")
    (folder / "notes.md").write_text("no text of these")
    saved = tmp_path / "saved"
    datasets.Dataset.from_dict({"text": ["a text", "b text"], "n": [1, 2]}).save_to_disk(str(saved))
    found = [open_corpus(place, unverified=True) for place in (file, folder, saved)]
    assert texts_of(found[0]) == ["first text", "second text"]
    assert texts_of(found[1]) == ["first text", "second text", "third text"]
    assert texts_of(found[2]) == ["a text", "b text"]
    moved = shutil.copytree(folder, tmp_path / "elsewhere")
    assert open_corpus(moved, unverified=True).digest == found[1].digest
    write_lines(file, ["first text", "second  text"])
    assert open_corpus(folder, unverified=True).digest != found[1].digest


def test_a_record_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A loose file's faulty record is an error with its number, and no text of it."""
    path = write_lines(tmp_path / "x.jsonl", ["fine", " "])
    with pytest.raises(InputError, match=r"x\.jsonl: record 2: empty_text; mend it"):
        texts_of(open_corpus(path, unverified=True))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no Parquet files"):
        open_corpus(tmp_path / "empty", unverified=True)
