"""Claims about the demo's corpus on disk and its ground truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gemsieve.cli.demo_corpus import CUT, FILES, TRUTH, Truth, read_truth, write_corpus
from gemsieve.cli.demo_score import read_texts
from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.record import Broken, Meter, Record
from gemsieve.pipeline.reading.slices import plan

RECORDS = 120


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """Return a small corpus and what is said to be in it."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, write_corpus(folder, RECORDS, seed=3)


def items(folder: Path) -> Iterator[tuple[str, Record | Broken]]:
    """Yield everything that the job's own readers find in a corpus, by id."""
    for piece in plan([str(folder / "corpus" / "*")]):
        for item in read(piece, "text", ("source",), Meter()):
            yield f"{piece.source}:{item.number}", item


def test_equal_seeds_give_equal_bytes(written: tuple[Path, Truth], tmp_path: Path) -> None:
    """Every file of the corpus and its ground truth can be made again, byte for byte."""
    write_corpus(tmp_path, RECORDS, seed=3)
    for name in (TRUTH, *(f"corpus/{file}" for file in (*FILES, CUT))):
        assert (tmp_path / name).read_bytes() == (written[0] / name).read_bytes(), name


def test_another_seed_gives_another_corpus(written: tuple[Path, Truth], tmp_path: Path) -> None:
    """The seed reaches the records and their order."""
    write_corpus(tmp_path, RECORDS, seed=4)
    for name in FILES:
        assert (tmp_path / "corpus" / name).read_bytes() != (
            written[0] / "corpus" / name
        ).read_bytes(), name


def test_the_ledger_covers_every_line(written: tuple[Path, Truth]) -> None:
    """Documents, planted and malformed records together are all that readers find, file by file."""
    folder, truth = written
    lines = Counter(id_.split(":")[0] for id_, _ in items(folder))
    assert lines == truth.files
    assert set(lines) == {*FILES, CUT}
    assert sum(truth.counts.values()) == lines.total()
    assert min(truth.counts.values()) >= 6


def test_malformed_lines_are_where_the_ground_truth_says_and_nowhere_else(
    written: tuple[Path, Truth],
) -> None:
    """What readers cannot read is exactly what was planted as such, with the fault promised."""
    folder, truth = written
    found = {id_: item.fault for id_, item in items(folder) if isinstance(item, Broken)}
    assert found == {p.id: p.fault for p in truth.planted if p.kind == "malformed"}
    assert "truncated_input" in found.values()


def test_every_record_names_its_kind(written: tuple[Path, Truth]) -> None:
    """The `source` that the report counts by agrees with the ground truth."""
    folder, truth = written
    kinds = {plant.id: plant.kind for plant in truth.planted}
    for id_, item in items(folder):
        if isinstance(item, Record):
            assert item.columns["source"] == kinds.get(id_, "documentation")


def test_the_ground_truth_holds_places_and_no_values(written: tuple[Path, Truth]) -> None:
    """Personal data stands in the corpus alone, also when it is of nobody."""
    folder, truth = written
    said = (folder / TRUTH).read_text()
    texts = read_texts(folder / "corpus")
    spans = [(plant, span) for plant in truth.planted for span in plant.spans]
    assert spans
    for plant, span in spans:
        value = texts[plant.id][span.start : span.end]
        assert len(value) >= 7
        assert value not in said


def test_the_ground_truth_reads_back_as_written(written: tuple[Path, Truth]) -> None:
    """A later run of the demo knows as much as the first."""
    folder, truth = written
    assert read_truth(folder / TRUTH) == truth
    assert read_truth(folder / "nothing.json") is None
