"""The manifest: books that balance, shards that are as written, and nothing beside them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gemsieve.pipeline.manifest import (
    NAME,
    Manifest,
    ManifestError,
    Shard,
    sha256_of,
    verify,
    write,
)


def finished(folder: Path) -> Manifest:
    """Write a small finished output by hand."""
    shards = []
    for outcome, records in (("kept", 2), ("dropped", 1)):
        path = folder / outcome / "0.parquet"
        path.parent.mkdir(parents=True)
        path.write_bytes(outcome.encode())
        shards.append(Shard(f"{outcome}/0.parquet", records, len(outcome), sha256_of(path)))
    counts = {"in": 3, "kept": 2, "dropped": 1, "quarantined": 0}
    policy = {"name": "p", "sha256": "0"}
    return Manifest(folder, policy, [], [], counts, sorted(shards, key=lambda s: s.path), "0")


def test_what_was_written_verifies(tmp_path: Path) -> None:
    """A manifest reads back as it was written, and names the kept shards."""
    books = finished(tmp_path)
    write(books)
    assert verify(tmp_path) == books
    assert verify(tmp_path).kept == (tmp_path / "kept/0.parquet",)
    assert sha256_of(tmp_path / NAME) == books.digest


@pytest.mark.parametrize("absent", [(), ("exempt",), ("documents", "exempt")])
def test_a_manifest_of_the_format_before_still_verifies(
    tmp_path: Path, absent: tuple[str, ...]
) -> None:
    """One of format 3 is read as it stands, with its own digest; a key it lacks holds nothing."""
    old = replace(finished(tmp_path), format=3, absent=absent)
    write(old)
    books = verify(tmp_path)
    assert books == old
    assert (books.documents, books.exempt) == ((), ())
    assert sha256_of(tmp_path / NAME) == books.digest
    assert not any(f'"{key}"' in (tmp_path / NAME).read_text() for key in absent)


def test_a_key_may_be_missing_from_old_formats_alone(tmp_path: Path) -> None:
    """A manifest of this format without one of its keys was edited."""
    write(replace(finished(tmp_path), absent=("exempt",)))
    with pytest.raises(ManifestError, match="damaged near 'exempt'"):
        verify(tmp_path)


def edit(folder: Path, old: bytes, new: bytes) -> None:
    """Change the manifest's bytes."""
    path = folder / NAME
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new))


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (lambda f: (f / NAME).unlink(), "did not finish"),
        (lambda f: (f / NAME).write_bytes(b"{"), "not JSON"),
        (lambda f: (f / NAME).write_bytes(b"[]"), "not a manifest"),
        (lambda f: edit(f, b'"format": 4', b'"format": 5'), "not a manifest of format 4 or 3"),
        (lambda f: edit(f, b'"counts"', b'"accounts"'), "damaged near 'counts'"),
        (lambda f: edit(f, b'"name": "p"', b'"name":  "p"'), "edited after"),
        (lambda f: edit(f, b'"in": 3', b'"in": 4'), "4 records went in, 3 came out"),
        (
            lambda f: edit(f, b'"records": 2', b'"records": 3'),
            "2 records were kept, the shards hold 3",
        ),
        (lambda f: edit(f, b'"kept/0', b'"../kept/0'), "outside the folder"),
        (lambda f: (f / "kept/0.parquet").unlink(), "missing"),
        (lambda f: (f / "kept/0.parquet").write_bytes(b"tpek"), "changed after"),
        (lambda f: (f / "kept/1.parquet").write_bytes(b""), "not listed"),
    ],
)
def test_any_damage_is_refused(
    tmp_path: Path, damage: Callable[[Path], object], error: str
) -> None:
    """Each way in which a folder can differ from what was written has its own message."""
    write(finished(tmp_path))
    damage(tmp_path)
    with pytest.raises(ManifestError, match=error):
        verify(tmp_path)
