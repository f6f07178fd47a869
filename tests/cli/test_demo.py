"""Claims about the demo as a whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gemsieve.cli import main
from gemsieve.cli.demo_corpus import TRUTH, read_truth
from gemsieve.cli.demo_score import read_texts
from gemsieve.cli.demo_texts import INSULTS
from gemsieve.pipeline.manifest import verify

SMALL = ["--records", "150", "--steps", "3", "--workers", "1"]

# Beam, JAX and what stands below them warn about things that are not ours.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("option", ["--records", "--steps", "--workers"])
def test_numbers_too_small_are_refused_by_name(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake costs no minute of work: the option is named, and nothing is written."""
    assert main(["demo", "--output", str(tmp_path / "demo"), option, "0"]) == 2
    assert f"{option}: must be at least" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("fresh", [[], ["--fresh"]])
def test_a_folder_that_is_no_demo_is_left_alone(
    fresh: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even `--fresh` removes what no demo wrote."""
    (tmp_path / "thesis.txt").write_text("years of work")
    assert main(["demo", "--output", str(tmp_path), *fresh]) == 2
    assert "not empty, and no demo" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_demo_of_other_numbers_is_not_mixed_with_this_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder holds one demo; another seed asks for `--fresh`."""
    (tmp_path / "demo.json").write_text(json.dumps({"records": 150, "seed": 1}))
    assert main(["demo", "--output", str(tmp_path), "--records", "150"]) == 2
    assert "add --fresh" in capsys.readouterr().err


@pytest.mark.slow
def test_the_whole_thread_runs_and_a_second_run_reuses_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Corpus, sieve, training and guard end in a summary with balanced books and no abuse.

    The second run finds everything done, keeps every byte and says the same.
    """
    folder = tmp_path / "demo"
    command = ["demo", "--output", str(folder), *SMALL]
    assert main(command) == 0
    first = capsys.readouterr().out
    truth = read_truth(folder / TRUTH)
    books = verify(folder / "sieved")
    assert truth is not None
    assert books.counts["in"] == sum(truth.files.values()) == sum(truth.counts.values())
    assert f"{books.counts['in']:,} records in" in first
    assert not any(sentence in first for sentence in INSULTS)
    texts = read_texts(folder / "corpus")
    planted = [texts[p.id][s.start : s.end] for p in truth.planted for s in p.spans]
    assert planted
    assert not any(value in first for value in planted)

    before = {path: path.stat().st_mtime_ns for path in folder.glob("sieved/*/*")}
    assert main(command) == 0
    again = capsys.readouterr().out
    assert before == {path: path.stat().st_mtime_ns for path in folder.glob("sieved/*/*")}
    tables = [
        out[out.index("The books balance") : out.index("Where things are")]
        for out in (first, again)
    ]
    assert tables[0] == tables[1]
